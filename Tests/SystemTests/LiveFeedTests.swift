import Foundation
import FundingJSON
import Testing

extension LoopbackTests {
    /// What a browser hears over the WebSocket is what it would fetch.
    struct LiveFeedTests {
        @Test func snapshotAndDeltasAddUpToTheGrid() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                let api = try await suite.startAPI()
                try await suite.waitForAllRows()
                let client = try await WebSocketClient.connect(port: api.port, path: "/ws")
                let hello = try await client.message(ofType: "hello").root
                #expect(hello["channels"]?.elements.contains { $0.isString("grid") } == true)
                try client.send(#"{"op":"subscribe","channel":"grid"}"#)

                let snapshot = try await client.message(ofType: "snapshot").root
                var picture = try GridPicture(snapshot)
                // Every feed is polled a few times while the picture is kept up to date.
                let sequences = try await suite.sequences()
                var deltas = 0
                while try await suite.sequences().contains(where: { $0.value < sequences[$0.key, default: 0] + 3 }) {
                    try picture.apply(try await client.message(ofType: "grid").root)
                    deltas += 1
                }
                #expect(deltas >= Suite.feeds.count)
                #expect(try await collector.end(SIGTERM) == .status(0))

                try await eventually("the picture is the grid that is served") {
                    while let delta = try client.received(ofType: "grid") { try picture.apply(delta.root) }
                    return try await GridPicture(served: api.document("/api/funding-rates-grid").root).cells
                        == picture.cells
                }
                #expect(picture.cells.count > 400)
                client.close()
            }
        }
    }
}

/// The grid as a browser keeps it: asset → exchange → the cell's moving values.
private struct GridPicture {
    private(set) var cells: [String: [String: [String: Double]]] = [:]
    private var sequence: Int

    /// From the first message of a subscription.
    init(_ snapshot: JSONView) throws {
        sequence = try (snapshot["seq"]?.int).required("seq")
        cells = try Self.cells(in: snapshot["data"].required("data"))
    }

    /// From the body of the grid's endpoint.
    init(served body: JSONView) throws {
        sequence = 0
        cells = try Self.cells(in: body)
    }

    private static func cells(in body: JSONView) throws -> [String: [String: [String: Double]]] {
        var cells: [String: [String: [String: Double]]] = [:]
        for row in try body["data"].required("data").elements {
            cells[try (row["asset"]?.string).required("asset")] = try values(of: row)
        }
        return cells
    }

    /// Of a cell that was there, a frame tells only the members that are different.
    private static func values(of row: JSONView) throws -> [String: [String: Double]] {
        var values: [String: [String: Double]] = [:]
        for (exchange, cell) in try row["exchanges"].required("exchanges").members {
            values[exchange] = [:]
            for name in ["funding_rate", "apr", "funding_interval_hours", "contract_count"] {
                values[exchange]?[name] = cell[name]?.double
            }
        }
        return values
    }

    mutating func apply(_ delta: JSONView) throws {
        guard let previous = delta["prev"]?.int, previous <= sequence else {
            throw Failure("a delta is missing: at \(sequence), next follows \(delta["prev"]?.rawText ?? "nothing")")
        }
        sequence = try (delta["seq"]?.int).required("seq")
        for row in try delta["changed"].required("changed").elements {
            let asset = try (row["asset"]?.string).required("asset")
            for (exchange, values) in try Self.values(of: row) {
                cells[asset, default: [:]][exchange, default: [:]].merge(values) { $1 }
            }
            for exchange in row["removed"]?.elements.compactMap(\.string) ?? [] { cells[asset]?[exchange] = nil }
        }
        for asset in delta["removed"]?.elements.compactMap(\.string) ?? [] { cells[asset] = nil }
    }
}
