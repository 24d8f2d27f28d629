import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// An exchange that leads its reader wherever its answers say, as no real adapter would let it:
/// `{"rows": [[symbol, hour, rate]…], "next": path}`, hours counted from `start`.
struct PagedExchange: ExchangeAdapter {
    static let start = Date(timeIntervalSince1970: 1_790_000_000 - 1_790_000_000.truncatingRemainder(dividingBy: 3600))

    /// What answers the `nth` request (from 1) for a path.
    typealias Script = @Sendable (_ path: String, _ nth: Int) throws(HTTPFetchError) -> HTTPResponse

    var profile: ExchangeProfile
    /// What a history begins with.
    var first = ["/1"]

    init() throws {
        profile = unhurried(try #require(Exchanges.feeds(named: "bybit").first).profile)
    }

    var contract: Contract { profile.paged("BTC") }

    /// A day from `start` on.
    var window: ClosedRange<Date> { Self.start...Self.start.addingTimeInterval(24 * 3600) }

    /// The pages of a day of `BTC`, as the script answers; with how often it was asked.
    func pages(
        patience: HistoryFetcher.Patience = .brief, _ script: @escaping Script
    ) -> (pages: HistoryPages, asked: TestLock<[String]>) {
        let asked = TestLock<[String]>([])
        let fetcher = HistoryFetcher(
            self, gate: HostGate(profile), patience: patience, now: { Self.start.addingTimeInterval(24 * 3600) }
        ) { [host = profile.host] request throws(HTTPFetchError) in
            let path = String(request.url.dropFirst(host.count))
            let nth = asked.withLock { asked in
                asked.append(path)
                return asked.count { $0 == path }
            }
            return try script(path, nth)
        }
        return (fetcher.pages(of: contract, every: .hourly, during: window), asked)
    }

    // MARK: - The adapter

    let listings: [ExchangeRequest] = []

    func liveRequests(given listings: Answers) -> [ExchangeRequest] { [] }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> { Parsed() }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        first.map { .get($0, as: "history", key: contract.symbol) }
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        answer.root["next"]?.string.map { .get($0, as: "history", key: contract.symbol) }
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        guard let rows = answer.root["rows"] else { throw Rejection("no rows") }
        parsed.read(rows.elements, symbol: { Array($0.elements).first?.string }) { row in
            let parts = Array(row.elements)
            guard parts.count == 3, let symbol = parts[0].string, let hour = parts[1].double, let rate = parts[2].double
            else { throw Rejection("not a row") }
            return FundingSettlement(symbol, settledAt: Self.start.addingTimeInterval(hour * 3600), rate: rate)
        }
        return parsed
    }
}

extension ExchangeProfile {
    fileprivate func paged(_ symbol: String) -> Contract {
        Contract(
            exchange: exchange, feed: feed, symbol: symbol, baseAsset: symbol, quoteAsset: "USDT", settleAsset: "USDT")
    }
}

extension HistoryFetcher.Patience {
    static let brief = HistoryFetcher.Patience(
        attempts: 3, backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(2)), pauses: .seconds(5)
    )
}

extension HTTPResponse {
    /// A page of `BTC` with a row at each hour.
    init(hours: some Sequence<Int>, next: String? = nil) {
        let rows = hours.map { #"["BTC",\#($0),0.0001]"# }.joined(separator: ",")
        self.init(200, #"{"rows":[\#(rows)],"next":\#(next.map { "\"\($0)\"" } ?? "null")}"#)
    }
}

extension HistoryPages {
    /// Takes all pages; the slots as hours since the start.
    mutating func hours() async throws -> [Int] {
        var hours: [Int] = []
        while let page = try await next() {
            hours += page.settlements.map { Int($0.settledAt.timeIntervalSince(PagedExchange.start) / 3600) }
        }
        return hours
    }
}
