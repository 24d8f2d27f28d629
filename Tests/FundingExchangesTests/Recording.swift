import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// A feed's fixture folder played as the exchange: an `ExchangePoller` asks the adapter's real requests, and each is
/// answered with the file that its label names. Pages of one label after the first are `<label>.page2`, `.page3`, …
struct Recording {
    /// All fixtures were written as of this moment.
    static let now = Timestamp.parse("2026-09-14T10:30:00Z")!

    let labels: LabelledAdapter
    private let folder: URL
    /// Bodies that stand in for files, by label.
    private let replacements: [String: [UInt8]]

    init(of feed: FeedID, replacing replacements: [String: [UInt8]] = [:]) throws {
        let adapter = try #require(Exchanges.feeds(named: feed.rawValue).first)
        labels = LabelledAdapter(adapter)
        folder = Self.folder.appending(path: feed.rawValue)
        self.replacements = replacements
    }

    static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")

    /// One poll, with open interest asked for in between where it comes contract by contract, as a dry run does it.
    func poll() async throws -> FeedPoll {
        let poller = poller()
        var poll = try await poller.poll()
        if await poller.asksOpenInterestByContract {
            _ = await poller.refreshOpenInterest()
            await poller.complete(&poll)
        }
        return poll
    }

    func poller() -> ExchangePoller {
        ExchangePoller(labels, gate: HostGate(unhurried(labels.profile)), now: { Self.now }) {
            request throws(HTTPFetchError) in
            guard let label = labels.label(of: request) else {
                throw HTTPFetchError(kind: .invalidURL, message: "no adapter asked for \(request.url)")
            }
            return answer(to: label)
        }
    }

    func expected() throws -> ExpectedPoll {
        try ExpectedPoll(JSONDocument(Array(Data(contentsOf: folder.appending(path: "expected.json")))).root)
    }

    func body(_ label: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: label + ".json")))
    }

    /// What has no file is not known to the exchange.
    func answer(to label: String) -> HTTPResponse {
        if let body = replacements[label] { return HTTPResponse(status: 200, body: body) }
        do {
            return HTTPResponse(status: 200, body: try body(label))
        } catch {
            return HTTPResponse(status: 400, body: Array(#"{"code":-1121,"msg":"Invalid symbol."}"#.utf8))
        }
    }
}

/// The facts of a feed with a budget that makes no test wait.
func unhurried(_ profile: ExchangeProfile) -> ExchangeProfile {
    var profile = profile
    profile.budget = RequestBudget(1e9, per: .seconds(1))
    profile.ownBudgets = [:]
    return profile
}
