import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// How the latest polls went, exchange by exchange.
struct CollectionReport: Sendable {
    enum Status: String, Sendable, CaseIterable {
        case success, timeout, error, empty
        case circuitOpen = "circuit_open"
        case stale
    }

    /// One exchange: its feeds taken together.
    struct Exchange: Sendable {
        var name: String
        /// From the first of its feeds' polls to the end of the last, in milliseconds, where they belong to one tick.
        var durationMilliseconds: Double
        var contracts: Int
        var status: Status

        /// Nil for a poll that took no time to speak of.
        var contractsPerSecond: Double? {
            durationMilliseconds > 0 ? Double(contracts) / durationMilliseconds * 1000 : nil
        }
    }

    /// A poll that takes this long is slow, in milliseconds.
    private static let slow = 5000.0

    /// The longest first.
    let exchanges: [Exchange]
    let batchID: String
    let batchAt: Date
    let totalMilliseconds: Double

    /// - Parameter cycles: each feed's latest.
    /// - Returns: nil if there is none yet.
    init?(_ cycles: [CycleReader.Cycle], at now: Date) {
        guard let newest = cycles.max(by: { $0.startedAt < $1.startedAt }) else { return nil }
        batchID = newest.batchID
        let batch = cycles.filter { $0.batchID == newest.batchID }
        batchAt = batch.map(\.startedAt).min() ?? newest.startedAt
        totalMilliseconds = Self.span(of: batch)
        exchanges = Dictionary(grouping: cycles, by: \.exchange).values.map { cycles in
            Exchange(
                name: cycles[0].exchangeName, durationMilliseconds: cycles.map(\.duration).max().map { $0 * 1000 } ?? 0,
                contracts: cycles.reduce(0) { $0 + $1.contracts }, status: Self.status(of: cycles, at: now))
        }.sorted {
            $0.durationMilliseconds == $1.durationMilliseconds
                ? $0.name < $1.name : $0.durationMilliseconds > $1.durationMilliseconds
        }
    }

    private static func span(of cycles: [CycleReader.Cycle]) -> Double {
        let start = cycles.map(\.startedAt).min() ?? .distantPast
        let end = cycles.map { $0.startedAt.addingTimeInterval($0.duration) }.max() ?? start
        return end.timeIntervalSince(start) * 1000
    }

    /// The worst of its feeds'.
    private static func status(of cycles: [CycleReader.Cycle], at now: Date) -> Status {
        let outcomes = Set(cycles.map(\.outcome))
        if outcomes.contains(.circuitOpen) { return .circuitOpen }
        if outcomes.contains(.error) { return .error }
        if outcomes.contains(.timeout) { return .timeout }
        if outcomes.contains(.empty) { return .empty }
        let isStale = cycles.contains { cycle in
            now.timeIntervalSince(cycle.startedAt) > Visibility.staleAfter(pollPeriod: cycle.pollPeriod)
        }
        return isStale ? .stale : .success
    }

    // MARK: Writing

    private static let exchangeSchema: JSONShape = [
        "name": .text, "duration_ms": .number, "record_count": .count, "status": .words(Status.self),
        "speed_contracts_per_sec": .number.orNull,
    ]
    static let schema: JSONShape = [
        "status": .word(["ok"]),
        "collection_summary": [
            "total_duration_ms": .number, "total_duration_seconds": .number, "total_contracts": .count,
            "total_exchanges": .count, "successful_exchanges": .count, "failed_exchanges": .count,
            "success_rate": .number, "overall_speed_contracts_per_sec": .number.orNull, "batch_id": .text,
            "batch_timestamp": .timestamp,
        ],
        "exchange_breakdown": .list(exchangeSchema),
        "performance_insights": [
            "slowest_exchange": exchangeSchema.orNull, "fastest_exchange": exchangeSchema.orNull,
            "avg_duration_ms": .number.orNull, "slow_exchanges_count": .count,
        ],
        "timestamp": .timestamp,
    ]
    static let missingSchema: JSONShape = [
        "status": .word(["not_available"]), "message": .text, "timestamp": .timestamp, "detail": .text,
        "error": ["code": .text, "message": .text, "request_id": .text],
    ]

    var successful: [Exchange] { exchanges.filter { $0.status == .success } }

    func write(at now: Date, to writer: inout JSONWriter) {
        let successful = successful
        let contracts = successful.reduce(0) { $0 + $1.contracts }
        writer.field("status", "ok")
        writer.key("collection_summary")
        writer.beginObject()
        writer.field("total_duration_ms", totalMilliseconds)
        writer.field("total_duration_seconds", totalMilliseconds / 1000)
        writer.field("total_contracts", contracts)
        writer.field("total_exchanges", exchanges.count)
        writer.field("successful_exchanges", successful.count)
        writer.field("failed_exchanges", exchanges.count - successful.count)
        writer.field("success_rate", 100 * Double(successful.count) / Double(exchanges.count))
        writer.field(
            "overall_speed_contracts_per_sec",
            totalMilliseconds > 0 ? Double(contracts) / totalMilliseconds * 1000 : nil)
        writer.field("batch_id", batchID)
        writer.field("batch_timestamp", Timestamp.text(batchAt))
        writer.endObject()
        writer.field("exchange_breakdown", exchanges)
        writer.key("performance_insights")
        writer.beginObject()
        // An exchange that failed at once is not fast.
        writer.field("slowest_exchange", successful.first)
        writer.field("fastest_exchange", successful.last)
        writer.field(
            "avg_duration_ms",
            successful.isEmpty
                ? nil : successful.reduce(0) { $0 + $1.durationMilliseconds } / Double(successful.count))
        writer.field("slow_exchanges_count", exchanges.count { $0.durationMilliseconds >= Self.slow })
        writer.endObject()
        writer.field("timestamp", Timestamp.text(now))
    }
}

extension CollectionReport.Exchange: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", name)
        writer.field("duration_ms", durationMilliseconds)
        writer.field("record_count", contracts)
        writer.field("status", status.rawValue)
        writer.field("speed_contracts_per_sec", contractsPerSecond)
        writer.endObject()
    }
}
