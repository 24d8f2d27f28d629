import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Pages that are full lead to the next one until the window is covered; a page that brings nothing new never does.
@Suite struct FullHistoryPageTests {
    private struct Case: CustomTestStringConvertible {
        var feed: FeedID
        var symbol: String
        var page: Int
        /// The rows of this many hours before 2026-09-14T10:00:00Z, in the exchange's order.
        var body: @Sendable ([Int]) -> String
        /// The edge that the page after these hours begins at.
        var next: @Sendable (Int) -> String

        var testDescription: String { "\(feed)" }
    }

    private static let settled = 1_789_380_000_000

    private static func time(_ hoursAgo: Int) -> Int { settled - hoursAgo * 3_600_000 }

    private static let cases = [
        Case(
            feed: "bybit", symbol: "BTCUSDT", page: 200,
            body: { hours in
                let rows = hours.map {
                    #"{"symbol":"BTCUSDT","fundingRate":"0.0001","fundingRateTimestamp":"\#(time($0))"}"#
                }
                return #"{"retCode":0,"result":{"category":"linear","list":[\#(rows.joined(separator: ","))]}}"#
            }, next: { "endTime=\(time($0) - 1)&" }
        ),
        Case(
            feed: "hyperliquid", symbol: "BTC", page: 500,
            body: { hours in
                let rows = hours.reversed().map {
                    #"{"coin":"BTC","fundingRate":"0.0000125","premium":"0.0","time":\#(time($0) + 47)}"#
                }
                return "[\(rows.joined(separator: ","))]"
            }, next: { #""startTime":\#(time($0) + 48),"# }
        ),
    ]

    private static func date(_ hoursAgo: Int) -> Date { Date(timeIntervalSince1970: Double(time(hoursAgo)) / 1000) }

    private func next(
        _ fixture: Case, _ hours: [Int], of window: ClosedRange<Date>, after asked: ExchangeRequest? = nil
    )
        throws -> ExchangeRequest?
    {
        let adapter = try #require(Exchanges.feeds(named: fixture.feed.rawValue).first)
        let contract = try Contract(fixture: JSONDocument(#"{"symbol":"\#(fixture.symbol)"}"#).root, fixture.feed)
        let first = try #require(adapter.historyRequests(of: contract, every: .hourly, during: window).first)
        let answer = Answer(
            to: asked ?? first, try JSONDocument(fixture.body(hours)), receivedAt: Self.date(0)
        )
        #expect(try adapter.settlements(of: contract, in: answer).rows.count == hours.count)
        return try adapter.nextHistoryPage(after: answer, of: contract, during: window)
    }

    @Test(arguments: cases)
    private func aFullPageLeadsToTheNext(fixture: Case) throws {
        let window = Self.date(2000)...Self.date(0)
        let isAscending = fixture.feed == "hyperliquid"
        let hours = Array(isAscending ? (2001 - fixture.page)...2000 : 0...(fixture.page - 1))
        let edge = try #require(isAscending ? hours.first : hours.last)
        let request = try #require(try next(fixture, hours, of: window))
        #expect("\(request.target) \(request.body ?? "")".contains(fixture.next(edge)))
        // The same page again brings nothing.
        #expect(try next(fixture, hours, of: window, after: request) == nil)
        #expect(try next(fixture, hours.dropLast(), of: window) == nil)
        #expect(try next(fixture, [], of: window) == nil)
    }

    @Test(arguments: cases)
    private func aPageThatCoversTheWindowIsTheLast(fixture: Case) throws {
        let hours = Array(0...(fixture.page - 1))
        let isAscending = fixture.feed == "hyperliquid"
        let window = isAscending ? Self.date(600)...Self.date(1) : Self.date(fixture.page - 1)...Self.date(0)
        #expect(try next(fixture, hours, of: window) == nil)
    }
}
