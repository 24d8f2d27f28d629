import Foundation
import FundingCore
import FundingJSON
import Testing
import WebServer

@testable import FundingAPI

/// What who has a grid is told instead of all of it.
struct GridChangesTests {
    /// An API whose market the test moves.
    private struct Moving {
        let api: DirectAPI
        private(set) var picture: MarketView.Picture

        init() {
            let market = Sample.market(
                (
                    Sample.feed(),
                    ["BTC", "ETH", "XRP", "SOL"].map { Sample.rate("\($0)USDT", isContinuous: true) }
                ),
                (
                    Sample.feed("drift", name: "Drift"),
                    [Sample.rate("BTC-PERP", base: "BTC", feed: "drift", isContinuous: true)]
                ))
            api = DirectAPI(market, at: Sample.start)
            picture = api.view.current
            picture.sequence = api.live.begin(with: picture.grid)
            api.view.show(picture)
        }

        mutating func poll(
            _ changes: [RateChange], feed: FeedID = "bybit", name: String = "ByBit", removed: [String] = []
        ) throws {
            let sequence = try #require(picture.market.feeds[feed]).sequence + 1
            let event = Sample.event(sequence, changes, feed: feed, name: name, removed: removed)
            guard case .applied(let change) = picture.market.apply(event) else {
                Issue.record("not applied")
                return
            }
            let delta = picture.grid.follow(change, in: picture.market, at: event.observedAt)
            picture.sequence = api.live.publish(change, delta, picture.grid, at: event.observedAt)
            picture.changedAt = event.observedAt
            api.view.show(picture)
        }

        func grid(_ query: String = "") async throws -> (status: Int, json: JSONView?) {
            let response = try await api.get("/api/funding-rates-grid" + query)
            let endpoint = try #require(api.routes.endpoints.first { $0.path == "/api/funding-rates-grid" })
            guard response.status == 200 else { return (response.status, nil) }
            let json = try response.json
            #expect(endpoint.faults(of: 200, json) == [])
            return (200, json)
        }
    }

    /// The grid as a client keeps it: asset → the row's text.
    private struct Copy: Equatable {
        var rows: [String: String] = [:]
        var sequence = 0

        mutating func take(_ body: JSONView) throws {
            if body["reset"]?.bool != false { rows = [:] }
            for row in try #require(body["data"]).elements {
                rows[try #require(row["asset"]?.string)] = row["exchanges"]?.rawText
            }
            for asset in body["removed"]?.elements.compactMap(\.string) ?? [] { rows[asset] = nil }
            sequence = try #require(body["seq"]?.int)
            #expect(body["total_assets"]?.int == rows.count)
        }
    }

    @Test func changedRowsAndWhatIsGoneMakeTheWholeGrid() async throws {
        var moving = Moving()
        var copy = Copy()
        try copy.take(try #require(try await moving.grid().json))
        let first = copy.sequence
        try moving.poll([Sample.change("BTCUSDT", rate: 0.5), Sample.change("ETHUSDT", rate: 0.25)])
        try moving.poll([Sample.change("ETHUSDT", rate: -0.25)], removed: ["XRPUSDT"])
        let changes = try #require(try await moving.grid("?since=\(first)").json)
        #expect(changes["data"]?.elements.compactMap { $0["asset"]?.string } == ["BTC", "ETH"])
        #expect(changes["data"]?[0]?["exchanges"]?.members.map(\.0) == ["ByBit", "Drift"])
        #expect(changes["removed"]?.elements.compactMap { $0.string } == ["XRP"])
        #expect(changes["since"]?.int == first && changes["reset"]?.bool == false)
        #expect(changes["observed"]?["ByBit"]?.string == Timestamp.text(Sample.start.addingTimeInterval(60)))
        #expect(changes["observed"]?["Drift"] == nil)
        try copy.take(changes)
        #expect(copy.sequence == moving.picture.sequence)
        var whole = Copy()
        try whole.take(try JSONDocument(moving.picture.grid.encoded(sequence: 0, at: Date())).root)
        // Of what was only seen again, `observed` tells.
        #expect(copy.rows.keys == whole.rows.keys && copy.rows["ETH"] == whole.rows["ETH"])
        #expect(try await moving.grid("?since=\(copy.sequence)").status == 304)
    }

    @Test func whoseSequenceIsNotKnownGetsTheWholeGrid() async throws {
        var moving = Moving()
        let first = moving.picture.sequence
        try moving.poll([Sample.change("BTCUSDT", rate: 0.5)])
        for strange in [first - 1, moving.picture.sequence + 1, 0] {
            let whole = try #require(try await moving.grid("?since=\(strange)").json)
            #expect(whole["reset"]?.bool == true && whole["since"]?.int == strange)
            #expect(whole["data"]?.count == 4 && whole["total_assets"]?.int == 4)
        }
        // More frames than are kept.
        for round in 0..<1100 { try moving.poll([Sample.change("BTCUSDT", rate: Double(round))]) }
        #expect(try await moving.grid("?since=\(first)").json?["reset"]?.bool == true)
    }

    @Test func aFilterAppliesToWhatHasChanged() async throws {
        var moving = Moving()
        let first = moving.picture.sequence
        try moving.poll([Sample.change("BTCUSDT", rate: 0.5), Sample.change("ETHUSDT", rate: 0.25)])
        try moving.poll([Sample.change("BTC-PERP", base: "BTC", rate: 0.1)], feed: "drift", name: "Drift")
        func told(_ query: String) async throws -> [[String]] {
            let json = try #require(try await moving.grid("?since=\(first)&\(query)").json)
            return [
                json["data"]?.elements.compactMap { $0["asset"]?.string } ?? [],
                json["removed"]?.elements.compactMap(\.string) ?? [],
                json["observed"]?.members.map(\.0) ?? [],
            ]
        }
        #expect(try await told("assets=eth") == [["ETH"], [], ["ByBit", "Drift"]])
        #expect(try await told("cross_listed=true") == [["BTC"], ["ETH"], ["ByBit", "Drift"]])
        #expect(try await told("exchanges=drift") == [["BTC"], ["ETH"], ["Drift"]])
        // Of another pick it is not known when it changed.
        #expect(try await moving.grid("?since=\(first)&pick=oi").json?["reset"]?.bool == true)
    }
}
