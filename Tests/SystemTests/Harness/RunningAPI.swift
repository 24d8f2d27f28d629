import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// A running API process, and what it answers.
struct RunningAPI: Sendable {
    let child: Child
    let port: Int
    private let fetcher: HTTPFetcher

    init(child: Child, port: Int, _ fetcher: HTTPFetcher) {
        self.child = child
        self.port = port
        self.fetcher = fetcher
    }

    /// One exchange's cell of one asset.
    struct Cell {
        var text: String
        var isStale: Bool
        var apr: Double
        var intervalHours: Double
        var updatedAt: Date
    }

    func get(_ path: String) async throws -> HTTPResponse {
        try await fetcher.fetch(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
    }

    func post(_ path: String, headers: [(String, String)] = []) async throws -> HTTPResponse {
        try await fetcher.fetch(HTTPRequest(method: .post, url: "http://127.0.0.1:\(port)\(path)", headers: headers))
    }

    /// The status alone.
    func status(_ path: String) async throws -> Int { try await get(path).status }

    /// What `/api/health` says of Redis.
    func hearsRedis() async throws -> Bool {
        try await document("/api/health").root["redis"]?.string == "connected"
    }

    /// The body of an answer that must be 200.
    func document(_ path: String) async throws -> JSONDocument {
        let response = try await get(path)
        guard response.status == 200 else {
            throw Failure(
                "\(path) answered \(response.status): \(String(decoding: response.body.prefix(200), as: UTF8.self))")
        }
        return try JSONDocument(response.body)
    }

    /// The grid as asset → exchange → cell.
    func grid() async throws -> [String: [String: Cell]] {
        try Self.grid(in: try await document("/api/funding-rates-grid").root)
    }

    static func grid(in body: JSONView) throws -> [String: [String: Cell]] {
        var grid: [String: [String: Cell]] = [:]
        for row in try body["data"].required("data").elements {
            grid[try (row["asset"]?.string).required("asset")] = try cells(of: row)
        }
        return grid
    }

    static func cells(of row: JSONView) throws -> [String: Cell] {
        var cells: [String: Cell] = [:]
        for (exchange, cell) in try row["exchanges"].required("exchanges").members {
            cells[exchange] = Cell(
                text: cell.rawText, isStale: try (cell["stale"]?.bool).required("stale"),
                apr: try (cell["apr"]?.double).required("apr"),
                intervalHours: try (cell["funding_interval_hours"]?.double).required("funding_interval_hours"),
                updatedAt: try (cell["last_updated"]?.string).flatMap(Timestamp.parse).required("last_updated")
            )
        }
        return cells
    }

    /// All rows of `/api/funding-rates` of one exchange, by symbol.
    func rates(of exchange: String) async throws -> [String: JSONView] {
        let rows = try await document("/api/funding-rates?limit=5000&exchange=\(exchange)").root
        return try Dictionary(
            rows.elements.map { (try ($0["symbol"]?.string).required("symbol"), $0) }, uniquingKeysWith: { $1 }
        )
    }
}
