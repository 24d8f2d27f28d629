import Foundation
import FundingCore
import FundingJSON
import Testing

@testable import FundingAPI

struct GridTests {
    private func cell(_ rates: [LiveRate], pick: GridPick = .extreme, after seconds: TimeInterval = 10) throws
        -> GridCell
    {
        try #require(
            GridCell(
                rates, pick: pick, in: Sample.market((Sample.feed(), rates)),
                at: Sample.start.addingTimeInterval(seconds)))
    }

    // MARK: Picking

    @Test func theLargestHourlyRateStandsForTheAsset() throws {
        let shown = try cell([
            Sample.rate("A", base: "X", rate: 0.0008, every: .eightHours),
            Sample.rate("B", base: "X", rate: -0.0002, every: .hourly),
            Sample.rate("C", base: "X", rate: 0.0009, every: .eightHours, isActive: false),
        ])
        #expect(shown.symbol == "B")
        #expect(shown.contracts == ["A", "B"])
    }

    @Test func equalRatesAreDecidedByOpenInterestThenSymbol() throws {
        let equal = [
            Sample.rate("C", base: "X", openInterestUSD: nil), Sample.rate("B", base: "X", openInterestUSD: 7),
            Sample.rate("A", base: "X", openInterestUSD: 7),
        ]
        for rates in [equal, equal.reversed()] { #expect(try cell(rates).symbol == "A") }
    }

    @Test func otherPicksCanBeAskedFor() throws {
        let rates = [
            Sample.rate("A", base: "X", rate: -0.5, openInterestUSD: 1),
            Sample.rate("B", base: "X", rate: 0.1, openInterestUSD: 9),
            Sample.rate("C", base: "X", rate: 0.2, openInterestUSD: nil),
        ]
        #expect(try cell(rates, pick: .oi).symbol == "B")
        #expect(try cell(rates, pick: .median).symbol == "B")
        #expect(try cell(rates, pick: .extreme).symbol == "A")
    }

    /// As of an exchange of two feeds, one of which is down.
    @Test(arguments: GridPick.allCases)
    func aFreshContractStandsBeforeAStaleOne(pick: GridPick) throws {
        let rates = [
            Sample.rate("A", base: "X", rate: -0.9, openInterestUSD: 9e6),
            Sample.rate("B", base: "X", openInterestUSD: 1, observedAt: Sample.start.addingTimeInterval(60)),
        ]
        #expect(try cell(rates, pick: pick, after: 80).symbol == "A")
        let shown = try cell(rates, pick: pick, after: 100)
        #expect(shown.symbol == "B" && !shown.isStale && shown.contracts == ["A", "B"])
        let stale = try cell(rates, pick: pick, after: 200)
        #expect(stale.symbol == "A" && stale.isStale)
    }

    @Test func aContractThatTurnsStaleMayChangeWhichOneIsShown() throws {
        let later = Sample.start.addingTimeInterval(60)
        let market = Sample.market(
            (
                Sample.feed(),
                [
                    Sample.rate("A", base: "X", rate: 0.1, isContinuous: true, observedAt: later),
                    Sample.rate("B", base: "X", rate: 0.2, isContinuous: true, observedAt: later),
                    Sample.rate("C", base: "X", rate: 0.3, isContinuous: true),
                ]
            ))
        var grid = GridDocument(market, pick: .median, at: later)
        #expect(grid.rows["X"]?["ByBit"]?.cell.symbol == "B")
        #expect(grid.expired(at: Sample.start.addingTimeInterval(89)).isEmpty)
        let now = Sample.start.addingTimeInterval(91)
        #expect(grid.expired(at: now) == ["ByBit"])
        let told = grid.refresh("bybit", from: market, at: now).changed.first?.cells["ByBit"]?.cell
        #expect(told?.symbol == "A" && told?.isStale == false)
        #expect(grid.expired(at: now).isEmpty)
    }

    @Test func aZeroRateIsShownAsZero() throws {
        let json = try JSONDocument(cell([Sample.rate("A", rate: 0, openInterestUSD: 0)]).encoded()).root
        #expect(json["funding_rate"]?.double == 0)
        #expect(json["apr"]?.double == 0)
        #expect(json["open_interest"]?.double == 0)
        #expect(json["z_score"]?.isNull == true)
        #expect(json["confidence"]?.string == "none")
    }

    // MARK: Age

    @Test(arguments: [(80.0, false as Bool?), (100, true), (3500, true), (3700, nil)])
    func agesHonestly(seconds: Double, stale: Bool?) {
        let market = Sample.market((Sample.feed(), [Sample.rate("A")]))
        let grid = GridDocument(market, at: Sample.start.addingTimeInterval(seconds))
        #expect(grid.rows["A"]?["ByBit"]?.cell.isStale == stale)
    }

    @Test func aSlowFeedIsNotStaleForBeingSlow() throws {
        let market = Sample.market((Sample.feed(pollPeriod: 120), [Sample.rate("A")]))
        let cell = try #require(GridDocument(market, at: Sample.start.addingTimeInterval(200)).rows["A"]?["ByBit"])
        #expect(!cell.cell.isStale)
    }

    @Test func timeAloneMakesCellsStaleThenRemovesThem() {
        let market = Sample.market((Sample.feed(), [Sample.rate("A", isContinuous: true)]))
        var grid = GridDocument(market, at: Sample.start)
        #expect(grid.expired(at: Sample.start.addingTimeInterval(89)).isEmpty)
        let stale = Sample.start.addingTimeInterval(91)
        #expect(grid.expired(at: stale) == ["ByBit"])
        let told = grid.refresh("bybit", from: market, at: stale).changed.first?.cells["ByBit"]
        #expect(told?.cell.isStale == true)
        // A poll that changed nothing told of no cell: when it was last seen has to come with what is told.
        #expect(told?.fields == [.isStale, .lastUpdated])
        #expect(grid.expired(at: stale).isEmpty)
        let dead = Sample.start.addingTimeInterval(3601)
        #expect(grid.expired(at: dead) == ["ByBit"])
        #expect(grid.refresh("bybit", from: market, at: dead).removed == ["A"])
        #expect(grid.rows.isEmpty)
    }

    @Test func thePassingFundingTimeMovesOn() throws {
        let due = Sample.start.addingTimeInterval(60)
        let market = Sample.market((Sample.feed(), [Sample.rate("A", next: due)]))
        var grid = GridDocument(market, at: Sample.start)
        #expect(grid.expired(at: due) == ["ByBit"])
        let delta = grid.refresh("bybit", from: market, at: due)
        let cell = try #require(delta.changed.first?.cells["ByBit"]?.cell)
        #expect(cell.nextFundingTime == due.addingTimeInterval(8 * 3600))
    }

    // MARK: Names

    @Test(arguments: [
        ([MarketType.crypto], [MarketType.crypto: "X"]),
        ([.stock], [.stock: "X"]),
        ([.stock, .crypto], [.crypto: "X", .stock: "X (stock)"]),
        ([.stock, .index], [.index: "X", .stock: "X (stock)"]),
        ([.unknown, .crypto, .premarket], [.crypto: "X", .premarket: "X (premarket)", .unknown: "X (unknown)"]),
    ])
    func kindsOfOneTickerNeverShareAName(types: [MarketType], names: [MarketType: String]) {
        #expect(AssetName.names(types, of: "X") == names)
    }

    private static let spellings: [(text: String, baseAsset: String, kind: MarketType?)] = [
        ("hood", "HOOD", nil), ("Hood (Stock)", "HOOD", .stock), ("HOOD (crypto)", "HOOD", .crypto),
        ("hood (robin)", "HOOD (ROBIN)", nil), ("(stock)", "(STOCK)", nil), ("a b", "A B", nil),
    ]

    @Test(arguments: spellings)
    func aNameIsATickerOrOneOfItsKinds(text: String, baseAsset: String, kind: MarketType?) {
        let name = AssetName(text)
        #expect(name.baseAsset == baseAsset && name.kind == kind)
        #expect(name.text == text.uppercased())
    }

    @Test func aTickerAloneIsTheKindThatTheGridShowsUnderIt() {
        var share = Sample.rate("HOODUSDT", base: "Hood", market: .stock)
        var coin = Sample.rate("HOOD-PERP", base: "Hood")
        func meant(_ text: String) -> String {
            Sample.market((Sample.feed(), [share, coin])).asset(named: text, at: Sample.start).text
        }
        #expect(meant("hood") == "HOOD (CRYPTO)" && meant("hood (stock)") == "HOOD (STOCK)")
        coin.isActive = false
        #expect(meant("HOOD") == "HOOD (STOCK)")
        share.isActive = false
        #expect(meant("HOOD") == "HOOD (CRYPTO)", "none is shown")
        #expect(meant("NOPE") == "NOPE")
    }

    @Test func aFilterTakesATickerOrOneOfItsKinds() {
        let rows = ["HOOD", "HOOD (stock)", "BTC"]
        #expect(rows.filter(GridFilter(assets: ["HOOD"]).names(asset:)) == ["HOOD", "HOOD (stock)"])
        #expect(rows.filter(GridFilter(assets: ["HOOD (STOCK)"]).names(asset:)) == ["HOOD (stock)"])
    }

    @Test func aCoinThatAppearsTakesThePlainNameFromAShare() throws {
        var market = Sample.market((Sample.feed(), [Sample.rate("HOODUSDT", base: "HOOD", market: .stock)]))
        var grid = GridDocument(market, at: Sample.start)
        #expect(grid.rows.keys.sorted() == ["HOOD"])
        _ = market.replace(
            Sample.feed("kraken", name: "Kraken"),
            with: [Sample.rate("PF_HOOD", base: "HOOD", feed: "kraken")]
        )
        let delta = grid.refresh("kraken", from: market, at: Sample.start)
        #expect(grid.rows.mapValues { $0.keys.sorted() } == ["HOOD": ["Kraken"], "HOOD (stock)": ["ByBit"]])
        #expect(delta.changed.map(\.asset) == ["HOOD", "HOOD (stock)"])
        #expect(delta.changed.first?.removed == ["ByBit"])
    }

    // MARK: Differences

    @Test func aPollThatChangesNothingVisibleTellsOfNoCell() {
        var market = Sample.market((Sample.feed(), [Sample.rate("A", isContinuous: true)]))
        var grid = GridDocument(market, at: Sample.start)
        _ = market.apply(Sample.event(2))
        let delta = grid.refresh("bybit", from: market, at: Sample.start.addingTimeInterval(30))
        #expect(delta.changed.isEmpty)
        #expect(grid.rows["A"]?["ByBit"]?.cell.lastUpdated == Sample.start.addingTimeInterval(30))
    }

    @Test func statisticsTouchOnlyTheCellsOfTheirContracts() throws {
        var market = Sample.market(
            (Sample.feed(), ["AUSDT", "BUSDT", "CUSDT"].map { Sample.rate($0, isContinuous: true) }),
            (Sample.feed("drift", name: "Drift"), [Sample.rate("A-PERP", base: "A", feed: "drift", isContinuous: true)])
        )
        var grid = GridDocument(market, at: Sample.start)
        let rows = [
            Sample.score("AUSDT", 0), Sample.score("CUSDT", 3), Sample.score("A-PERP", -3, base: "A", on: "drift"),
        ]
        let reading = market.statistics.take(rows, StatisticsState(sequence: 4), isWhole: true)
        let change = try #require(reading)
        let delta = grid.follow(change, in: market, at: Sample.start)
        #expect(delta.changed.map(\.asset) == ["A", "C"] && delta.removed.isEmpty && delta.observed.isEmpty)
        #expect(delta.changed.map { $0.cells.keys.sorted() } == [["ByBit", "Drift"], ["ByBit"]])
        #expect(grid.rows["A"]?["ByBit"]?.cell.standing.zScore == 0)
        #expect(grid.rows == GridDocument(market, at: Sample.start).rows)
        // What nobody sees makes no cell another.
        var unseen = Sample.score("AUSDT", 0)
        unseen.statistics.expectedPoints = 91
        guard
            case .applied(let again) = market.statistics.apply(
                StatisticsEvent(sequence: 5, computedAt: Sample.start, changed: [unseen]))
        else {
            Issue.record("not applied")
            return
        }
        #expect(grid.follow(again, in: market, at: Sample.start).isEmpty)
    }

    @Test func whatIsDelistedHasNoStatistics() {
        var market = Sample.market((Sample.feed(), [Sample.rate("A"), Sample.rate("B", isActive: false)]))
        _ = market.statistics.take(
            [Sample.score("A", 1), Sample.score("B", 1)], StatisticsState(sequence: 1), isWhole: true)
        let scores = market.allRates.map { ($0.contract.symbol, market.statistics(of: $0)?.zScore) }
            .sorted { $0.0 < $1.0 }
        #expect(scores.map(\.1) == [1, nil])
    }

    @Test func aPartialWriteTellsOfItsCellsAndOfTheirNewAge() throws {
        var market = Sample.market(
            (
                Sample.feed(),
                ["AUSDT", "BUSDT", "CUSDT"].map { Sample.rate($0, isContinuous: true) }
            ))
        var grid = GridDocument(market, at: Sample.start)
        let now = Sample.start.addingTimeInterval(7)
        // B says what it said before: only its age is news.
        let news = [Sample.change("AUSDT", rate: 1), Sample.change("BUSDT", rate: 0.0001, openInterestUSD: nil)]
        guard case .applied(let change) = market.apply(Sample.event(2, news, at: 7, isPartial: true)) else {
            Issue.record("not applied")
            return
        }
        let delta = grid.follow(change, in: market, at: now)
        #expect(delta.changed.map(\.asset) == ["A", "B"])
        #expect(delta.changed.map { $0.cells["ByBit"]?.cell.lastUpdated } == [now, now])
        #expect(delta.observed.isEmpty, "nobody has seen all of the exchange")
        #expect(grid.rows["C"]?["ByBit"]?.cell.lastUpdated == Sample.start)
        #expect(grid.rows == GridDocument(market, at: now).rows)
    }

    /// Applying events one by one gives the grid that is built from the result at once; the deltas add up to it too.
    @Test(arguments: 0..<30)
    func followingEqualsBuildingAnew(seed: Int) {
        var random = SeededNumbers(seed: UInt64(seed))
        let feeds: [(FeedID, String)] = [("bybit", "ByBit"), ("kraken", "Kraken"), ("drift", "Drift")]
        let kinds: [MarketType] = [.crypto, .crypto, .stock]
        var market = MarketState()
        for (feed, name) in feeds {
            let rates = (0..<8).map { index in
                Sample.rate(
                    "S\(index)USDT", base: "B\(index % 4)", feed: feed, market: kinds.randomElement(using: &random)!,
                    rate: Double.random(in: -1...1, using: &random)
                )
            }
            _ = market.replace(Sample.feed(feed, name: name), with: rates)
        }
        var now = Sample.start
        var grid = GridDocument(market, at: now)
        var mirror = grid.rows.mapValues { $0.mapValues(\.cell) }
        for step in 1...40 {
            now = Sample.start.addingTimeInterval(Double(step) * 40)
            let (feed, name) = feeds.randomElement(using: &random)!
            let symbols = (0..<8).map { "S\($0)USDT" }.filter { market.rates[feed]?[$0]?.isActive == true }
            let changes = symbols.filter { _ in Bool.random(using: &random) }
                .map {
                    Sample.change(
                        $0, base: market.rates[feed]![$0]!.contract.baseAsset,
                        rate: Double.random(in: -1...1, using: &random))
                }
            let isPartial = Bool.random(using: &random)
            let isRemoving = Int.random(in: 0..<8, using: &random) == 0
            let event = Sample.event(
                market.feeds[feed]!.sequence + 1, changes, feed: feed, name: name,
                removed: isRemoving ? Array(symbols.prefix(1)) : [], at: Double(step) * 40, isPartial: isPartial
            )
            guard case .applied(let change) = market.apply(event) else {
                Issue.record("a gap where there is none")
                return
            }
            var deltas = [grid.follow(change, in: market, at: now)]
            let expired = grid.expired(at: now)
            for (id, name) in market.exchanges where expired.contains(name) {
                deltas.append(grid.refresh(id, from: market, at: now))
            }
            for delta in deltas { mirror.apply(delta) }
        }
        let anew = GridDocument(market, at: now)
        #expect(grid.rows == anew.rows)
        #expect(Set(mirror.keys) == Set(anew.rows.keys))
        for (asset, cells) in anew.rows {
            #expect(mirror[asset]?.count == cells.count)
            for (exchange, entry) in cells {
                let fields = mirror[asset]?[exchange].map { entry.cell.differences(from: $0) }
                #expect(fields?.subtracting(.lastUpdated) == [])
            }
        }
    }

    // MARK: JSON

    @Test func theBodyListsAssetsFromAToZAndCountsWhatItLists() throws {
        let market = Sample.market(
            (Sample.feed(), [Sample.rate("ZUSDT"), Sample.rate("AUSDT")]),
            (Sample.feed("kraken", name: "Kraken"), [Sample.rate("PF_A", base: "A", feed: "kraken")])
        )
        let grid = GridDocument(market, at: Sample.start)
        let body = try JSONDocument(grid.encoded(sequence: 7, at: Sample.start)).root
        #expect(body["data"]?.elements.map { $0["asset"]?.string } == ["A", "Z"])
        #expect(body["total_assets"]?.int == 2)
        #expect(body["seq"]?.int == 7)
        #expect(body["data"]?[0]?["exchanges"]?["Kraken"]?["contracts"]?[0]?.string == "PF_A")
        let crossListed = try JSONDocument(
            grid.encoded(sequence: 7, at: Sample.start, filter: GridFilter(leastExchanges: 2))
        ).root
        #expect(crossListed["data"]?.elements.map { $0["asset"]?.string } == ["A"])
        let found = try JSONDocument(grid.encoded(sequence: 7, at: Sample.start, filter: GridFilter(search: "PF_")))
            .root
        #expect(found["total_assets"]?.int == 1)
    }
}

extension [String: [String: GridCell]] {
    /// What a client does with a delta.
    fileprivate mutating func apply(_ delta: GridDelta) {
        for row in delta.changed {
            for (exchange, entry) in row.cells { self[row.asset, default: [:]][exchange] = entry.cell }
            for exchange in row.removed { self[row.asset]?[exchange] = nil }
        }
        for asset in delta.removed { self[asset] = nil }
    }
}
