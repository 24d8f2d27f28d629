import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// A feed's fixtures with a script in front: what the script answers is answered so, everything else from its file.
final class ScriptedExchange: Sendable {
    /// What happens to the `nth` request (from 1) of a label; nil for the file.
    typealias Script = @Sendable (_ label: String, _ nth: Int) async throws(HTTPFetchError) -> HTTPResponse?

    let adapter: LabelledAdapter
    let poller: ExchangePoller
    private let asked: TestLock<[String]>

    init(_ feed: FeedID, profile change: (inout ExchangeProfile) -> Void = { _ in }, _ script: @escaping Script) throws
    {
        let recording = try Recording(of: feed)
        let real = try #require(Exchanges.feeds(named: feed.rawValue).first)
        var profile = unhurried(real.profile)
        change(&profile)
        let adapter = LabelledAdapter(real, profile: profile)
        let asked = TestLock<[String]>([])
        self.adapter = adapter
        self.asked = asked
        poller = ExchangePoller(adapter, now: { Recording.now }) { request throws(HTTPFetchError) in
            guard let label = adapter.label(of: request) else {
                throw HTTPFetchError(kind: .invalidURL, message: "no adapter asked for \(request.url)")
            }
            let nth = asked.withLock { asked in
                asked.append(label)
                return asked.count { $0 == label }
            }
            if let response = try await script(label, nth) { return response }
            return recording.answer(to: label)
        }
    }

    /// The labels of all requests so far, in their order.
    var requests: [String] { asked.withLock { $0 } }

    func count(of label: String) -> Int { requests.count { $0 == label } }

    /// The error of a poll that must fail.
    func failure(_ location: SourceLocation = #_sourceLocation) async throws -> ExchangeError {
        let poller = poller
        return try #require(
            await #expect(throws: ExchangeError.self, sourceLocation: location) { try await poller.poll() },
            sourceLocation: location
        )
    }
}

extension HTTPResponse {
    init(_ status: Int, _ body: String = "<html>no</html>", retryAfter: String? = nil) {
        self.init(
            status: status, headers: HTTPHeaders(retryAfter.map { [("Retry-After", $0)] } ?? []), body: Array(body.utf8)
        )
    }
}
