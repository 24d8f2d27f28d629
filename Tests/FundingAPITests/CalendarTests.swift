import Foundation
import FundingCore
import FundingJSON
import Testing
import WebServer

@testable import FundingAPI

/// Coming payments, of what was seen lately and of what was not.
struct CalendarTests {
    private let now = Date()
    private let pair = "long_exchange=drift&long_symbol=BTC-PERP&short_exchange=bybit&short_symbol=BTCUSDT"

    /// ByBit was seen now, Drift so many seconds ago.
    private func api(driftSeen age: TimeInterval, isListed: Bool = true) -> DirectAPI {
        let seen = now.addingTimeInterval(-age)
        let drift = Sample.rate(
            "BTC-PERP", base: "BTC", feed: "drift", rate: -0.0001, every: .hourly, observedAt: seen,
            isActive: isListed)
        return DirectAPI(
            Sample.market(
                (Sample.feed(observedAt: now), [Sample.rate("BTCUSDT", rate: 0.0002, observedAt: now)]),
                (Sample.feed("drift", name: "Drift", observedAt: seen), [drift])
            ), at: now)
    }

    @Test(
        arguments: [(10, true, false), (200, true, true), (4000, true, true), (10, false, true)]
            as [(Double, Bool, Bool)])
    func aPairsCalendarTellsHowOldItsRatesAre(age: Double, isListed: Bool, isStale: Bool) async throws {
        let api = api(driftSeen: age, isListed: isListed)
        let response = try await api.get("/api/pairs/calendar?\(pair)&hours=8")
        #expect(response.status == 200)
        let body = try response.json
        #expect(body["stale"]?.bool == isStale)
        #expect(body["last_updated"]?.string == Timestamp.text(now.addingTimeInterval(-age)))
        #expect(body["long_rate"]?.double == -0.0001 && body["short_rate"]?.double == 0.0002)
        #expect(body["payments"]?.count == 9)
        let endpoint = try #require(api.routes.endpoints.first { $0.path == "/api/pairs/calendar" })
        #expect(endpoint.faults(of: 200, body) == [])
        let unknown = pair.replacing("BTC-PERP", with: "NOPE")
        #expect(try await api.get("/api/pairs/calendar?\(unknown)").status == 404)
    }

    @Test(
        arguments: [(10, ["bybit", "drift"]), (200, ["bybit", "drift"]), (4000, ["bybit"])] as [(Double, [String])])
    func theMarketsCalendarCountsWhatWasSeenInTheLastHour(age: Double, exchanges: [String]) async throws {
        let body = try await api(driftSeen: age).get("/api/calendar?hours=8").json
        let found = body["settlements"]?.elements.compactMap { $0["exchange_id"]?.string } ?? []
        #expect(found.sorted() == exchanges)
    }
}
