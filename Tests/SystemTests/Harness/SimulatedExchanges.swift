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
    /// - Parameters:
    ///   - path: what the paths concerned begin with.
    ///   - share: the part of the requests that go wrong, evenly spread.
    func spoil(
        _ feed: String, _ kind: String, path: String? = nil, status: Int? = nil, retryAfter: Int? = nil,
        body: String? = nil, factor: Double? = nil, count: Int? = nil, share: Double? = nil
    ) async throws {
        try await post("faults") { json in
            json.field("feed", feed)
            json.field("path", path)
            json.field("kind", kind)
            json.field("status", status)
            json.field("retry_after", retryAfter)
            json.field("body", body)
            json.field("factor", factor)
            json.field("count", count)
            json.field("share", share)
        }
    }

    /// Lets something happen to a contract or a whole exchange: one of the simulator's scripts, as JSON.
    func script(_ json: String) async throws { try await post("script", Array(json.utf8)) }

    /// From a time on, or from now on, the contract pays every so many hours.
    func changeInterval(of symbol: String, feed: String, toHours hours: Int, at time: Date? = nil) async throws {
        try await post("script") { json in
            json.field("feed", feed)
            json.field("symbol", symbol)
            json.field("interval_hours", hours)
            json.field("at", time.map { Int($0.timeIntervalSince1970 * 1000) })
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

    /// How often a path was asked, by status.
    func counts(of feed: String, path: String) async throws -> [Int: Int] {
        let response = try await fetcher.fetch(HTTPRequest(url: "\(base)/_simulator/requests"))
        let counts = try JSONDocument(response.body).root["counts"].required("counts")
        guard
            let place = counts.elements.first(where: { $0["feed"]?.string == feed && $0["path"]?.string == path }),
            let statuses = place["statuses"]
        else { return [:] }
        return Dictionary(statuses.members.map { (Int($0.key) ?? -1, $0.value.int ?? 0) }) { $1 }
    }

    /// An answer as any client gets it.
    func answer(of feed: String, _ target: String) async throws -> HTTPResponse {
        try await fetcher.fetch(HTTPRequest(url: "\(base)/\(feed)\(target)"))
    }

    private func post(_ route: String, _ members: (inout JSONWriter) -> Void) async throws {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        try await post(route, json.bytes)
    }

    private func post(_ route: String, _ body: [UInt8]) async throws {
        let response = try await fetcher.fetch(
            HTTPRequest(
                method: .post, url: "\(base)/_simulator/\(route)", headers: [("Content-Type", "application/json")],
                body: body
            )
        )
        guard response.status == 200 else {
            throw Failure("\(route) answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
    }
}
