import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// How the latest polls went, exchange by exchange.
struct CollectionReport: Sendable {
    enum Status: String, Sendable, CaseIterable {
        case success, timeout, error, empty
        case circuitOpen = "circuit_open"
        /// Switched off, and not polled lately.
        case disabled
        case stale
    }

    /// One exchange: its feeds that are in use taken together.
    struct Exchange: Sendable {
        var name: String
        /// From the first of its feeds' polls to the end of the last, in milliseconds, where they belong to one tick.
        var durationMilliseconds: Double
        var contracts: Int
        var status: Status
        /// Whether a part of some feed did not answer: what did is there.
        var isPartial: Bool

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

    /// - Parameters:
    ///   - cycles: each feed's latest.
    ///   - disabled: the feeds that are out of use.
    /// - Returns: nil if there is none yet.
    init?(_ cycles: [CycleReader.Cycle], disabled: Set<FeedID>, at now: Date) {
        guard let newest = cycles.max(by: { $0.startedAt < $1.startedAt }) else { return nil }
        batchID = newest.batchID
        let batch = cycles.filter { $0.batchID == newest.batchID }
        batchAt = batch.map(\.startedAt).min() ?? newest.startedAt
        totalMilliseconds = Self.span(of: batch)
        exchanges = Dictionary(grouping: cycles, by: \.exchange).values.map { cycles in
            let used = cycles.filter { !disabled.contains($0.feed) }
            return Exchange(
                name: cycles[0].exchangeName, durationMilliseconds: used.map(\.duration).max().map { $0 * 1000 } ?? 0,
                contracts: used.reduce(0) { $0 + $1.contracts }, status: Self.status(of: used, at: now),
                isPartial: used.contains { $0.outcome == .partial })
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

    /// The worst of its feeds'; without any it is out of use.
    private static func status(of cycles: [CycleReader.Cycle], at now: Date) -> Status {
        if cycles.isEmpty { return .disabled }
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
        "speed_contracts_per_sec": .number.orNull, "partial": .flag,
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

    /// Those that are to be polled.
    var used: [Exchange] { exchanges.filter { $0.status != .disabled } }

    var successful: [Exchange] { used.filter { $0.status == .success } }

    func write(at now: Date, to writer: inout JSONWriter) {
        let used = used
        let successful = successful
        let contracts = successful.reduce(0) { $0 + $1.contracts }
        writer.field("status", "ok")
        writer.key("collection_summary")
        writer.beginObject()
        writer.field("total_duration_ms", totalMilliseconds)
        writer.field("total_duration_seconds", totalMilliseconds / 1000)
        writer.field("total_contracts", contracts)
        writer.field("total_exchanges", used.count)
        writer.field("successful_exchanges", successful.count)
        writer.field("failed_exchanges", used.count - successful.count)
        writer.field("success_rate", 100 * Double(successful.count) / Double(max(used.count, 1)))
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

    /// Members of an answer that also tells of other things; null before the first poll.
    static func writeBatch(_ report: CollectionReport?, to writer: inout JSONWriter) {
        writer.field("batch_id", report?.batchID)
        writer.field("batch_timestamp", report.map { Timestamp.text($0.batchAt) })
        writer.key("exchanges")
        writer.beginObject()
        for exchange in report?.exchanges ?? [] {
            writer.key(exchange.name)
            writer.beginObject()
            writer.field("duration_ms", exchange.durationMilliseconds)
            writer.field("record_count", exchange.contracts)
            writer.field("status", exchange.status.rawValue)
            writer.field("partial", exchange.isPartial)
            writer.endObject()
        }
        writer.endObject()
        writer.field("total_duration_ms", report?.totalMilliseconds)
        writer.field("success_count", report?.successful.count ?? 0)
        writer.field("failure_count", (report?.used.count ?? 0) - (report?.successful.count ?? 0))
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
        writer.field("partial", isPartial)
        writer.endObject()
    }
}
