import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Settled history, feed by feed: the requests that begin it, and what each page holds and leads to.
///
/// `Tests/Fixtures/<feed>/history.json` is a list of cases
/// `{"contract": {"symbol": …, "native_id": …}, "interval_hours", "from", "to", "requests": [target…],
/// "pages": [{"request": target, "body": file, "rows": […], "rejects": […], "excluded": {…}, "next": target or null}]}`;
/// a POST's target is `path body`. `recorded-history.json` is the same with bodies from the folder of recordings. A case
/// with `"bulk": true` is about the settlements of all contracts at once.
@Suite struct HistoryTests {
    @Test(arguments: FixtureTests.feeds)
    func everyFeedReadsItsHistory(feed: FeedID) throws {
        for fixture in try HistoryCase.all(
            of: feed, "history.json", bodies: Recording.folder.appending(path: "\(feed)"))
        {
            try check(feed, fixture)
        }
    }

    @Test(.enabled(if: RecordedBodies.mustOrCanRun, "no recordings at hand"), arguments: FixtureTests.feeds)
    func everyFeedReadsTheHistoryThatWasRecorded(feed: FeedID) throws {
        for fixture in try HistoryCase.all(of: feed, "recorded-history.json", bodies: RecordedBodies.folder) {
            try check(feed, fixture)
        }
    }

    private func check(_ feed: FeedID, _ fixture: HistoryCase) throws {
        let adapter = try #require(Exchanges.feeds(named: feed.rawValue).first)
        let begin =
            fixture.isBulk
            ? [try #require(adapter.bulkHistoryRequest(during: fixture.window))]
            : adapter.historyRequests(of: fixture.contract, every: fixture.interval, during: fixture.window)
        #expect(begin.map(\.address) == fixture.requests)
        var known = begin
        #expect(!fixture.pages.isEmpty)
        for page in fixture.pages {
            let request = try #require(known.first { $0.address == page.request }, "nothing asks for \(page.request)")
            let answer = Answer(to: request, try JSONDocument(page.body), receivedAt: Recording.now)
            #expect(adapter.refusal(in: answer) == nil)
            let parsed =
                fixture.isBulk
                ? try adapter.bulkSettlements(in: answer)
                : try adapter.settlements(of: fixture.contract, in: answer)
            #expect(parsed.rows == page.rows)
            #expect(parsed.rejects == page.rejects)
            #expect(Dictionary(parsed.excluded.map { ($0.key.rawValue, $0.value) }) { $1 } == page.excluded)
            guard !fixture.isBulk else { continue }
            let next = try adapter.nextHistoryPage(after: answer, of: fixture.contract, during: fixture.window)
            #expect(next?.address == page.next)
            if let next { known.append(next) }
        }
    }
}

/// A contract's history as a list of pages with what they should hold.
struct HistoryCase {
    struct Page {
        var request: String
        var body: [UInt8]
        var rows: [FundingSettlement]
        var rejects: [Reject]
        var excluded: [String: Int]
        var next: String?
    }

    var contract: Contract
    var interval: FundingInterval
    var window: ClosedRange<Date>
    var isBulk: Bool
    var requests: [String]
    var pages: [Page]

    /// - Parameter bodies: the folder that the cases' bodies lie in.
    static func all(of feed: FeedID, _ file: String, bodies: URL) throws -> [HistoryCase] {
        let path = Recording.folder.appending(path: "\(feed)/\(file)")
        return try JSONDocument(Array(Data(contentsOf: path))).root.elements.map { try HistoryCase($0, feed, bodies) }
    }

    private init(_ json: JSONView, _ feed: FeedID, _ bodies: URL) throws {
        contract = try Contract(fixture: try #require(json["contract"]), feed)
        interval = try #require(FundingInterval(hours: json["interval_hours"]?.double ?? 0))
        window = try json.time("from")...json.time("to")
        isBulk = json["bulk"]?.bool ?? false
        requests = try #require(json["requests"]).elements.compactMap(\.string)
        pages = try #require(json["pages"]).elements.map { page in
            Page(
                request: try #require(page["request"]?.string),
                body: Array(try Data(contentsOf: bodies.appending(path: try #require(page["body"]?.string)))),
                rows: try #require(page["rows"]).elements.map { try FundingSettlement(fixture: $0) },
                rejects: (page["rejects"]?.elements).map { rows in
                    rows.map { Reject(symbol: $0["symbol"]?.string ?? "", reason: $0["reason"]?.string ?? "") }
                } ?? [],
                excluded: Dictionary((page["excluded"]?.members).map { $0.map { ($0.key, $0.value.int ?? -1) } } ?? [])
                {
                    $1
                },
                next: page["next"]?.string
            )
        }
    }
}

extension ExchangeRequest {
    /// What tells a request from all others: its target and what it posts.
    var address: String { body.map { "\(target) \($0)" } ?? target }
}

extension JSONView {
    /// An ISO 8601 time that must be there.
    func time(_ field: String) throws -> Date {
        try #require(self[field]?.string.flatMap { Timestamp.parse($0) }, "\(field) of \(excerpt)")
    }
}

extension FundingSettlement {
    /// `{"symbol", "settled_at", "due_at", "funding_rate", "funding_interval_hours", "mark_price"}`, of which time, interval
    /// and price may be missing.
    init(fixture row: JSONView) throws {
        self.init(
            try #require(row["symbol"]?.string), settledAt: try row.time("settled_at"),
            dueAt: try row["due_at"].map { _ in try row.time("due_at") },
            rate: try #require(row["funding_rate"]?.double),
            every: row["funding_interval_hours"]?.double.flatMap { FundingInterval(hours: $0) },
            markPrice: row["mark_price"]?.double
        )
    }
}

extension Contract {
    /// `{"symbol", "native_id", "base_asset", "quote_asset", "settle_asset", "contract_type"}`, all but the first
    /// optional.
    init(fixture json: JSONView, _ feed: FeedID) throws {
        let profile = try #require(Exchanges.feeds(named: feed.rawValue).first).profile
        self.init(
            exchange: profile.exchange, feed: feed, symbol: try #require(json["symbol"]?.string),
            baseAsset: json["base_asset"]?.string ?? "BTC", quoteAsset: json["quote_asset"]?.string ?? "USDT",
            settleAsset: json["settle_asset"]?.string ?? "USDT",
            contractType: json["contract_type"]?.string.flatMap(ContractType.init) ?? .linear,
            nativeID: json["native_id"]?.string
        )
    }
}
