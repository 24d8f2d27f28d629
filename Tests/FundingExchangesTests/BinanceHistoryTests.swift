import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Pages that are full, as fixtures of a thousand rows would be too long to read.
@Suite struct BinanceHistoryTests {
    private static let feeds: [FeedID] = ["binance-usdm", "binance-coinm", "aster"]
    private static let start = 1_789_257_600_000
    private static let hour = 3_600_000

    private let window = Self.date(start)...Self.date(start + 2000 * hour)
    private let contract: Contract

    init() throws {
        contract = try Contract(fixture: JSONDocument(#"{"symbol": "BTCUSDT"}"#).root, "binance-usdm")
    }

    private static func date(_ milliseconds: Int) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    private static func row(_ time: Int, _ type: String = "Regular") -> String {
        #"{"symbol":"BTCUSDT","fundingTime":\#(time),"fundingRate":"0.0001","rateType":"\#(type)"}"#
    }

    private func adapter(_ feed: FeedID) throws -> any ExchangeAdapter {
        try #require(Exchanges.feeds(named: feed.rawValue).first)
    }

    private func answer(to request: ExchangeRequest, _ rows: [String]) throws -> Answer {
        Answer(to: request, try JSONDocument("[\(rows.joined(separator: ","))]"), receivedAt: Recording.now)
    }

    private func first(_ adapter: any ExchangeAdapter) throws -> ExchangeRequest {
        let requests = adapter.historyRequests(of: contract, every: .hourly, during: window)
        #expect(requests.count == 1)
        return try #require(requests.first)
    }

    /// What follows a page of these rows; the start that it asks for.
    private func nextStart(_ feed: FeedID, after rows: [String]) throws -> Int? {
        let adapter = try adapter(feed)
        let answer = try answer(to: first(adapter), rows)
        let next = try adapter.nextHistoryPage(after: answer, of: contract, during: window)
        return next?.query.first { $0.name == "startTime" }.flatMap { Int($0.value) }
    }

    private static func hourly(_ count: Int) -> [String] { (0..<count).map { row(start + $0 * hour + 7) } }

    @Test(arguments: feeds) func aFullPageIsFollowedFromItsLastRow(feed: FeedID) throws {
        #expect(try nextStart(feed, after: Self.hourly(1000)) == Self.start + 999 * Self.hour + 8)
        #expect(try nextStart(feed, after: Self.hourly(999)) == nil)
        #expect(try nextStart(feed, after: []) == nil)
    }

    @Test func pagingEndsWithTheWindow() throws {
        let beyond = Self.hourly(999) + [Self.row(Self.start + 2000 * Self.hour + 1000)]
        #expect(try nextStart("binance-usdm", after: beyond) == nil)
    }

    @Test func twoPagesHoldEveryPaymentOnce() throws {
        let adapter = try adapter("binance-usdm")
        let first = try answer(to: first(adapter), Self.hourly(1000))
        let request = try #require(try adapter.nextHistoryPage(after: first, of: contract, during: window))
        let second = try answer(to: request, (1000...2000).map { Self.row(Self.start + $0 * Self.hour) }.dropLast(501))
        let rows = try [first, second].flatMap { try adapter.settlements(of: contract, in: $0).rows }
        #expect(Set(rows.map(\.settledAt)).count == 1500)
        #expect(rows.count == 1500)
        #expect(try adapter.nextHistoryPage(after: second, of: contract, during: window) == nil)
    }

    /// The payment of the same hour may stand behind the dividend, on the next page.
    @Test func aPageThatEndsBetweenTwoRowsOfATimeBeginsAgainThere() throws {
        let time = Self.start + 999 * Self.hour
        #expect(try nextStart("binance-usdm", after: Self.hourly(999) + [Self.row(time, "Special")]) == time)
        let both = Self.hourly(998) + [Self.row(time), Self.row(time, "Special")]
        #expect(try nextStart("binance-usdm", after: both) == time + 1)
    }

    @Test func aPageThatBringsNoProgressIsTheLast() throws {
        let rows = [String](repeating: Self.row(Self.start, "Special"), count: 999)
        let one = rows + [Self.row(Self.start - 1)]
        #expect(try nextStart("binance-usdm", after: one) == nil)
    }

    @Test func aFullPageWhoseEndCannotBeReadIsNotTheLast() throws {
        #expect(throws: Rejection.self) { try nextStart("aster", after: Self.hourly(999) + [Self.row(0)]) }
        #expect(throws: Rejection.self) { try nextStart("aster", after: Self.hourly(999) + ["{}"]) }
    }

    /// It may have been cut between payments of one time.
    @Test func aBulkPageGoesOnWithTheTimeThatTheOneBeforeEndedIn() throws {
        let adapter = try adapter("binance-usdm")
        let first = try #require(adapter.bulkHistoryRequest(during: window))
        let full = try answer(to: first, Self.hourly(1000))
        #expect(try adapter.bulkSettlements(in: full).rows.count == adapter.bulkPageRows)
        let next = try #require(try adapter.nextBulkHistoryPage(after: full, during: window))
        #expect(next.target.contains("startTime=\(Self.start + 999 * 3_600_000 + 7)&"))
        #expect(!next.target.contains("symbol"))
        let last = try answer(to: next, Self.hourly(999))
        #expect(try adapter.nextBulkHistoryPage(after: last, during: window) == nil)
        let instant = try answer(to: next, [String](repeating: Self.row(Self.start), count: 1000))
        #expect(throws: Rejection.self) { try adapter.nextBulkHistoryPage(after: instant, during: window) }
    }

    @Test func onlyOneMarketAnswersInBulk() throws {
        let minutes = Self.date(Self.start - 60_000)...Self.date(Self.start + 60_000)
        #expect(try adapter("binance-usdm").bulkHistoryRequest(during: minutes) != nil)
        for feed in ["binance-coinm", "aster"] as [FeedID] {
            #expect(try adapter(feed).bulkHistoryRequest(during: minutes) == nil)
            let request = try first(adapter(feed))
            #expect(throws: Rejection.self) { try adapter(feed).bulkSettlements(in: answer(to: request, [])) }
        }
    }

    /// Of all hosts only USD-M's counts funding apart.
    @Test func fundingIsPaidFromABudgetOfItsOwn() throws {
        let usdm = try adapter("binance-usdm")
        let minutes = Self.date(Self.start - 60_000)...Self.date(Self.start + 60_000)
        #expect(try first(usdm).ownBudget == "funding")
        #expect(usdm.bulkHistoryRequest(during: minutes)?.ownBudget == "funding")
        #expect(usdm.listings.map(\.ownBudget) == [nil, "funding"])
        for feed in ["binance-coinm", "aster"] as [FeedID] { #expect(try first(adapter(feed)).ownBudget == nil) }
    }
}
