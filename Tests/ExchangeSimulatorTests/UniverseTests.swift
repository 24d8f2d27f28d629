import Testing

@testable import ExchangeSimulator

@Suite struct UniverseTests {
    private let universe = Universe(seed: 1, exchanges: PlayedExchanges.all, at: Stage.now)

    private func live(_ feed: String) -> [SimulatedContract] {
        (universe.contracts[feed] ?? []).filter { $0.isLive(at: Stage.now) }
    }

    @Test(arguments: [
        ("binance-usdm", 572), ("kucoin", 526), ("mexc", 826), ("bybit", 625), ("hyperliquid", 334), ("lighter", 115),
        ("deribit", 20), ("binance-coinm", 28), ("aster", 165), ("backpack", 67), ("kraken", 320),
        ("drift", 51), ("pacifica", 35), ("hibachi", 15), ("dydx", 245), ("edgex", 212),
        ("apex", 120),
    ])
    func everyExchangeListsItsDocumentedNumberOfLiveContracts(feed: String, count: Int) {
        #expect(live(feed).count == count)
        #expect(Set(live(feed).map(\.symbol)).count == count)
        #expect(Set((universe.contracts[feed] ?? []).map(\.id)).count == universe.contracts[feed]?.count)
    }

    /// Only Hyperliquid's own are documented; builders' dexs, which the collector reads as well, add what they list.
    @Test func hyperliquidHasItsOwnContractsAndThoseOfBuilders() {
        #expect(live("hyperliquid").count { !$0.symbol.contains(":") } == 184)
        #expect(live("hyperliquid").count { $0.symbol.contains(":") } == 150)
    }

    @Test func bybitHasItsLinearAndInverseContracts() {
        #expect(live("bybit").count { !$0.isInverse } == 602)
        #expect(live("bybit").count { $0.isInverse } == 23)
        #expect(live("deribit").count { $0.isInverse } == 2)
    }

    @Test func intervalsAreMixedAsDocumented() {
        func count(_ contracts: [SimulatedContract], _ hours: Int) -> Int {
            contracts.count { $0.schedule.hours(at: Stage.now) == hours }
        }
        let binance = live("binance-usdm")
        #expect([1, 4, 8].map { count(binance, $0) } == [25, 382, 165])
        #expect([1, 2, 4, 8].map { count(live("kucoin"), $0) } == [17, 3, 330, 176])
        let bybit = live("bybit").filter { !$0.isInverse }
        #expect([1, 2, 4, 8].map { count(bybit, $0) } == [36, 18, 313, 235])
        #expect(count(live("bybit").filter(\.isInverse), 8) == 23)
        #expect(count(live("binance-coinm"), 8) == 28)
        #expect([1, 2, 4, 8].map { count(live("aster"), $0) } == [20, 5, 100, 40])
        #expect(count(live("hyperliquid"), 1) == 334)
        #expect(count(live("dydx"), 1) == 245)
        #expect(count(live("edgex"), 4) == 212)
        #expect(count(live("apex"), 1) == 120)
    }

    @Test func anAssetCostsTheSameEverywhere() {
        for contracts in Dictionary(grouping: universe.contracts.values.joined(), by: \.asset.name).values {
            let prices = contracts.filter { $0.isLive(at: Stage.now) && $0.quote != "BTC" }.map {
                universe.market.markPrice(of: $0, at: Stage.now) / $0.units
            }
            guard let low = prices.min(), let high = prices.max() else { continue }
            #expect(high / low < 1.02, "\(contracts[0].asset.name): \(prices)")
        }
    }

    @Test(arguments: [
        ("binance-usdm", "1000PEPEUSDT", 1e3), ("binance-usdm", "1MBABYDOGEUSDT", 1e6),
        ("binance-usdm", "1000000MOGUSDT", 1e6), ("binance-usdm", "1INCHUSDT", 1), ("binance-usdm", "KAITOUSDT", 1),
        ("binance-usdm", "4USDT", 1), ("binance-usdm", "币安人生USDT", 1), ("binance-usdm", "NEIROUSDT", 1),
        ("binance-usdm", "NEIROETHUSDT", 1), ("binance-usdm", "BTCUSDC", 1), ("binance-usdm", "ETHBTC", 1),
        ("binance-usdm", "BTCDOMUSDT", 1), ("binance-usdm", "TSLAUSDT", 1), ("bybit", "SHIB1000USDT", 1e3),
        ("bybit", "10000SATSUSDT", 1e4), ("bybit", "1000000BABYDOGEUSDT", 1e6), ("bybit", "10000000AIDOGEUSDT", 1e7),
        ("bybit", "BTCPERP", 1), ("bybit", "BTCUSD", 1), ("bybit", "LUNAPERP", 1), ("backpack", "kBONK_USDC_PERP", 1e3),
        ("backpack", "KAITO_USDC_PERP", 1), ("backpack", "NVDA.US_USDC_PERP", 1), ("hyperliquid", "kPEPE", 1e3),
        ("hyperliquid", "KAS", 1), ("lighter", "1000BONK", 1e3), ("lighter", "EURUSD", 1),
        ("kucoin", "XBTUSDTM", 1), ("kucoin", "XBTUSDCM", 1), ("kucoin", "XBTUSDM", 1),
        ("kucoin", "1000BONKUSDTM", 1e3), ("kucoin", "10000CATUSDTM", 1e4), ("kucoin", "1MBABYDOGEUSDTM", 1e6),
        ("kucoin", "1000XUSDTM", 1e3), ("kucoin", "PEPEUSDTM", 1), ("deribit", "BTC-PERPETUAL", 1),
        ("deribit", "BTC_USDC-PERPETUAL", 1), ("binance-coinm", "BTCUSD_PERP", 1),
        ("aster", "1000PEPEUSDT", 1e3), ("aster", "COPPERUSD1", 1), ("kraken", "PF_XBTUSD", 1),
        ("kraken", "PI_XBTUSD", 1), ("kraken", "PF_PEPEUSD", 1), ("kraken", "PF_AAPLxUSD", 1),
        ("drift", "1MBONK-PERP", 1e6), ("drift", "1KPUMP-PERP", 1e3), ("drift", "PUMP-PERP", 1),
        ("drift", "2Z-PERP", 1), ("pacifica", "kSHIB", 1e3), ("pacifica", "SP500", 1),
        ("hibachi", "EUR/USDT-P", 1), ("hibachi", "XAG/USDT-P", 1), ("dydx", "PEPE-USD", 1),
        ("dydx", "XAG-USD", 1), ("edgex", "1000PEPEUSDC", 1e3), ("edgex", "哈基米USDC", 1),
        ("apex", "1000PEPEUSDT", 1e3), ("apex", "SPYUSDT", 1),
        ("dydx", "FARTCOIN,RAYDIUM,9BB6NFECJBCTNNLFKO2FQVQBQ8HHM13KCYYCDQBGPUMP-USD", 1),
    ])
    func trickySymbolsAreListedWithTheirMultiplier(feed: String, symbol: String, units: Double) throws {
        let contract = try #require(live(feed).first { $0.symbol == symbol })
        #expect(contract.units == units)
    }

    @Test func datedAndDelistedContractsAreThereButNotLive() {
        let binance = universe.contracts["binance-usdm"] ?? []
        #expect(binance.contains { $0.symbol.hasPrefix("BTCUSDT_") && !$0.isLive(at: Stage.now) })
        #expect(binance.contains { $0.symbol == "MATICUSDT" && !$0.isLive(at: Stage.now) })
        #expect(
            (universe.contracts["hyperliquid"] ?? []).contains { $0.symbol == "MATIC" && !$0.isLive(at: Stage.now) })
        #expect((universe.contracts["lighter"] ?? []).contains { $0.symbol == "PIPPIN" && !$0.isLive(at: Stage.now) })
    }

    @Test func quarterlyExpiriesAreLastFridaysAtEight() {
        let expiries = Universe.quarterlyExpiries(after: Stage.now, count: 2)
        #expect(expiries == [1_798_185_600_000, 1_806_048_000_000])
        #expect(expiries.map { CivilDate(of: $0).digits } == ["261225", "270326"])
    }

    @Test func historyReachesBackMoreThanThirtyDaysForEveryLiveContract() {
        for contract in universe.contracts.values.joined() where contract.isLive(at: Stage.now) {
            #expect(contract.schedule.listedAt < Stage.now - 31 * .millisecondsOfDay, "\(contract.symbol)")
        }
    }

    @Test func theSameSeedIsTheSameMarketAndAnotherIsNot() throws {
        let (one, same, other) = (Stage(seed: 7), Stage(seed: 7), Stage(seed: 8))
        let body = try one.get("binance-usdm", "/fapi/v1/premiumIndex").body
        #expect(try same.get("binance-usdm", "/fapi/v1/premiumIndex").body == body)
        #expect(try other.get("binance-usdm", "/fapi/v1/premiumIndex").body != body)
    }

    @Test func ratesMoveAndMoveSmoothly() throws {
        let contract = try #require(live("binance-usdm").first)
        let market = universe.market
        for minute in 0..<600 {
            let time = Stage.now + minute * .millisecondsOfMinute
            let before = market.rate(of: contract, hours: 8, at: time)
            let after = market.rate(of: contract, hours: 8, at: time + 1000)
            #expect(abs(after - before) < 1e-6)
        }
        let hourLater = market.rate(of: contract, hours: 8, at: Stage.now + .millisecondsOfHour)
        #expect(hourLater != market.rate(of: contract, hours: 8, at: Stage.now))
    }
}
