import Testing

@testable import ExchangeSimulator

@Suite struct UniverseTests {
    private let universe = Universe(seed: 1, exchanges: PlayedExchanges.all, at: Stage.now)

    private func live(_ feed: String) -> [SimulatedContract] {
        (universe.contracts[feed] ?? []).filter { $0.isLive(at: Stage.now) }
    }

    @Test(arguments: [("binance-usdm", 572), ("bybit", 625), ("hyperliquid", 184), ("lighter", 115), ("deribit", 20)])
    func everyExchangeListsItsDocumentedNumberOfLiveContracts(feed: String, count: Int) {
        #expect(live(feed).count == count)
        #expect(Set(live(feed).map(\.symbol)).count == count)
        #expect(Set((universe.contracts[feed] ?? []).map(\.id)).count == universe.contracts[feed]?.count)
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
        let bybit = live("bybit").filter { !$0.isInverse }
        #expect([1, 2, 4, 8].map { count(bybit, $0) } == [36, 18, 313, 235])
        #expect(count(live("bybit").filter(\.isInverse), 8) == 23)
        #expect(count(live("hyperliquid"), 1) == 184)
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
        ("bybit", "BTCPERP", 1), ("bybit", "BTCUSD", 1), ("bybit", "LUNAPERP", 1), ("hyperliquid", "kPEPE", 1e3),
        ("hyperliquid", "KAS", 1), ("lighter", "1000BONK", 1e3), ("lighter", "EURUSD", 1),
        ("deribit", "BTC-PERPETUAL", 1), ("deribit", "BTC_USDC-PERPETUAL", 1),
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
