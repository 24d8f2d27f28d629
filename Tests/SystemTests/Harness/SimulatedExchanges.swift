import CurlDriver
import Foundation
import FundingJSON

/// The running exchange simulator and its controls.
struct SimulatedExchanges: Sendable {
    /// A request as the simulator saw it.
    struct Seen {
        var at: Date
        var path: String
        /// 0: it was left without an answer.
        var status: Int
    }

    let port: Int
    private let fetcher: HTTPFetcher

    init(port: Int, _ fetcher: HTTPFetcher) {
        self.port = port
        self.fetcher = fetcher
    }

    var base: String { "http://127.0.0.1:\(port)" }

    /// Lets one feed's answers go wrong until `reset`, or for `count` requests.
    func spoil(
        _ feed: String, _ kind: String, status: Int? = nil, retryAfter: Int? = nil, factor: Double? = nil,
        count: Int? = nil
    ) async throws {
        try await post("faults") { json in
            json.field("feed", feed)
            json.field("kind", kind)
            json.field("status", status)
            json.field("retry_after", retryAfter)
            json.field("factor", factor)
            json.field("count", count)
        }
    }

    /// From now on the contract pays every so many hours.
    func changeInterval(of symbol: String, feed: String, toHours hours: Int) async throws {
        try await post("script") { json in
            json.field("feed", feed)
            json.field("symbol", symbol)
            json.field("interval_hours", hours)
        }
    }

    /// Forgets faults, scripts, limits and the journal.
    func reset() async throws { try await post("reset") { _ in } }

    /// The latest thousand requests, of one feed, in their order.
    func requests(of feed: String) async throws -> [Seen] {
        let response = try await fetcher.fetch(HTTPRequest(url: "\(base)/_simulator/requests"))
        let recent = try JSONDocument(response.body).root["recent"].required("recent")
        return try recent.elements.filter { $0["feed"]?.string == feed }.map { entry in
            Seen(
                at: Date(timeIntervalSince1970: try (entry["at"]?.double).required("at") / 1000),
                path: try (entry["path"]?.string).required("path"),
                status: try (entry["status"]?.int).required("status")
            )
        }
    }

    private func post(_ route: String, _ members: (inout JSONWriter) -> Void) async throws {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        let response = try await fetcher.fetch(
            HTTPRequest(
                method: .post, url: "\(base)/_simulator/\(route)", headers: [("Content-Type", "application/json")],
                body: json.bytes
            )
        )
        guard response.status == 200 else {
            throw Failure("\(route) answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
    }
}
