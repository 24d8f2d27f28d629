import CurlDriver
import Foundation
import FundingCore
import FundingJSON
import PostgresDriver

extension Suite {
    /// Every feed; Drift's exchange pushes nothing.
    static let streamedAndPolled = streamed + ["drift"]
    static let streamed = [
        "binance-usdm", "binance-coinm", "kucoin", "bybit", "mexc", "backpack", "deribit", "hyperliquid", "aster",
        "lighter", "pacifica", "hibachi", "dydx", "kraken", "edgex", "apex",
    ]

    /// A collector that polls and listens.
    func startListener(
        _ name: String = "listener", every seconds: Int, feeds: [String] = Suite.streamedAndPolled
    ) async throws -> Child {
        try await startCollector(name, every: seconds, feeds: feeds, streamEnvironment(of: feeds))
    }

    /// Where the simulator stands in for exchanges and their streams.
    func streamEnvironment(of feeds: [String]) -> [String: String] {
        var environment: [String: String] = [:]
        for feed in feeds {
            let name = FeedID(rawValue: feed).environmentName
            environment["FUNDING_\(name)_URL"] = "http://\(feed).localhost:\(simulator.port)/\(feed)"
            if feed != "drift" {
                environment["FUNDING_\(name)_WS_URL"] = "ws://\(feed).localhost:\(simulator.port)/\(feed)"
            }
        }
        return environment
    }

    // MARK: - What the collector says of its connections

    /// A row of `websocket_connections`.
    struct Connection: Sendable {
        var feed: String
        var key: String
        var instance: String
        var isOpen: Bool
        var openings: Int
        var contracts: Int
        var updates: Int
        var unreadable: Int
        var refusals: Int
        var lastDataAt: Date?
        var lastEndKind: String?
        var lastEnd: String?
        var lastEndAt: Date?
        var reopensAt: Date?
    }

    func connections(of feed: String? = nil) async throws -> [Connection] {
        let rows = try await database.query(
            """
            SELECT feed, connection, instance, is_open, openings, contracts, updates, unreadable, refusals, last_data_at,
                   last_end_kind, last_end, last_end_at, reopens_at
              FROM websocket_connections ORDER BY feed, connection
            """
        )
        return try rows.map { row in
            Connection(
                feed: try row.decode("feed"), key: try row.decode("connection"), instance: try row.decode("instance"),
                isOpen: try row.decode("is_open"), openings: try row.decode("openings"),
                contracts: try row.decode("contracts"), updates: try row.decode("updates"),
                unreadable: try row.decode("unreadable"), refusals: try row.decode("refusals"),
                lastDataAt: try row.decode("last_data_at"), lastEndKind: try row.decode("last_end_kind"),
                lastEnd: try row.decode("last_end"), lastEndAt: try row.decode("last_end_at"),
                reopensAt: try row.decode("reopens_at")
            )
        }.filter { feed == nil || $0.feed == feed }
    }

    /// Waits until every one of these feeds has connections, all of them open and with data.
    @discardableResult
    func waitForStreams(of feeds: [String] = Suite.streamed, within limit: Duration = .seconds(60)) async throws
        -> [Connection]
    {
        try await eventually("the streams of \(feeds) are open", within: limit, every: .milliseconds(500)) {
            let connections = try await connections().filter { feeds.contains($0.feed) }
            let closed = connections.filter { !$0.isOpen || $0.updates == 0 }
            let missing = Set(feeds).subtracting(connections.map(\.feed))
            guard closed.isEmpty, missing.isEmpty else {
                throw Failure("closed: \(closed.map { "\($0.feed) \($0.key)" }), missing: \(missing.sorted())")
            }
            return connections
        }
    }

    // MARK: - Rows

    /// A row's rate and age.
    struct Rate: Sendable {
        var rate: Double
        var sequence: Int
        var observedAt: Date
    }

    func rates(of feed: String) async throws -> [String: Rate] {
        let rows = try await database.query(
            "SELECT symbol, funding_rate, sequence, observed_at FROM exchange_data WHERE feed = \(feed)"
        )
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let rate = Rate(
                    rate: try row.decode("funding_rate"), sequence: try row.decode("sequence"),
                    observedAt: try row.decode("observed_at")
                )
                return (try row.decode("symbol"), rate)
            }
        )
    }

    /// The age of each feed's oldest row, in seconds.
    func ages() async throws -> [String: Double] {
        let rows = try await database.query(
            """
            SELECT feed, extract(epoch FROM clock_timestamp() - min(observed_at))::float8 AS age
              FROM exchange_data GROUP BY feed
            """
        )
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("feed"), try $0.decode("age")) })
    }

    // MARK: - The simulator's streams

    /// What the simulator counted of a feed's sockets since the last reset.
    struct Sockets: Sendable {
        var opens: Int
        var refused: Int
        var open: Int
        var sent: Int
        var openedAt: [Date]
    }

    func sockets() async throws -> [String: Sockets] {
        let response = try await fetcher.fetch(HTTPRequest(url: "\(simulator.base)/_simulator/requests"))
        let lines = try JSONDocument(response.body).root["streams"].required("streams").elements
        return try Dictionary(
            uniqueKeysWithValues: lines.map { line in
                func count(_ name: String) throws -> Int { try (line[name]?.int).required(name) }
                let sockets = Sockets(
                    opens: try count("opens"), refused: try count("refused"), open: try count("open"),
                    sent: try count("messages_out"),
                    openedAt: try line["last_opens"].required("last_opens").elements.map {
                        Date(timeIntervalSince1970: try $0.double.required("a time") / 1000)
                    }
                )
                return (try (line["feed"]?.string).required("feed"), sockets)
            }
        )
    }

    /// Lets sockets of a feed go wrong.
    func strike(
        _ feed: String, _ kind: String, code: Int? = nil, status: Int? = nil, retryAfter: Int? = nil,
        topic: String? = nil, factor: Double? = nil, count: Int? = nil, seconds: Int? = nil
    ) async throws {
        try await control("faults") { json in
            json.field("feed", feed)
            json.field("kind", kind)
            json.key("stream")
            json.value(true)
            json.field("code", code)
            json.field("status", status)
            json.field("retry_after", retryAfter)
            json.field("topic", topic)
            json.field("factor", factor)
            json.field("count", count)
            json.field("seconds", seconds)
        }
    }

    /// Cuts every socket at once; returns how many there were.
    func dropSockets() async throws -> Int {
        try await (control("drop") { _ in }.root["dropped"]?.int).required("dropped")
    }

    @discardableResult
    private func control(_ route: String, _ members: (inout JSONWriter) -> Void) async throws -> JSONDocument {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        let response = try await fetcher.fetch(
            HTTPRequest(
                method: .post, url: "\(simulator.base)/_simulator/\(route)",
                headers: [("Content-Type", "application/json")], body: json.bytes
            )
        )
        guard response.status == 200 else {
            throw Failure("\(route) answered \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSONDocument(response.body)
    }
}
