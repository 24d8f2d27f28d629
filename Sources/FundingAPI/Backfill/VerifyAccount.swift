import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// What is there and what is missing, in the words of the API.
struct VerifyAccount: Sendable {
    private static let toldGaps = 5

    private let checked: [CheckedContract]
    private let threshold: Double
    private let days: Int
    private let names: ExchangeNames
    private let now: Date

    init(_ checked: [CheckedContract], threshold: Double, days: Int, names: ExchangeNames, at now: Date) {
        self.checked = checked
        self.threshold = threshold
        self.days = days
        self.names = names
        self.now = now
    }

    /// The most urgent first.
    private var candidates: [CheckedContract] {
        checked.filter { $0.needsRetry(threshold: threshold) }
            .sorted { $0.report.retryPriority > $1.report.retryPriority }
    }

    private func name(of contract: CheckedContract) -> String {
        "\(names[contract.contract.contract.exchange]):\(contract.contract.contract.symbol)"
    }

    // MARK: Writing

    static let contractSchema: JSONShape = [
        "exchange": .text, "symbol": .text, "funding_interval_hours": .number, "actual_points": .count,
        "expected_points": .count, "completeness_percentage": .number, "first_data_point": .timestamp.orNull,
        "last_data_point": .timestamp.orNull, "days_covered": .number, "gaps_detected": .count,
        "gaps": .list([
            "start": .timestamp, "end": .timestamp, "duration_hours": .number, "expected_hours": .number,
            "missing_points": .count,
        ]),
        "status": .text, "needs_retry": .flag, "retry_priority": .number,
    ]

    func writeWhole(candidates count: Int, to writer: inout JSONWriter) {
        let statuses = Dictionary(grouping: checked, by: \.report.status).mapValues(\.count)
        let candidates = candidates
        let (present, expected) = checked.reduce((0, 0)) { ($0.0 + $1.report.present, $0.1 + $1.report.expected) }
        writer.beginObject()
        writer.key("summary")
        writer.beginObject()
        writer.field("total_contracts", checked.count)
        writer.field("complete", statuses[.complete] ?? 0)
        writer.field("partial_high", statuses[.partialHigh] ?? 0)
        writer.field("partial_medium", statuses[.partialMedium] ?? 0)
        writer.field("incomplete", statuses[.incomplete] ?? 0)
        writer.field("no_data", statuses[.noData] ?? 0)
        writer.field("errors", statuses[.intervalUnknown] ?? 0)
        writer.field("needs_retry", candidates.map(name))
        writer.field(
            "overall_complete_percentage", Self.rounded(expected == 0 ? 100 : 100 * Double(present) / Double(expected)))
        writer.endObject()
        writer.field("days_analyzed", days)
        writer.field("timestamp", Timestamp.text(now))
        writer.key("retry_candidates")
        writer.beginArray()
        for contract in candidates.prefix(count) { write(contract, to: &writer) }
        writer.endArray()
        writer.field("total_retry_needed", candidates.count)
        writer.endObject()
    }

    func write(exchange: String, to writer: inout JSONWriter) {
        let complete = checked.count { $0.report.status == .complete }
        writer.beginObject()
        writer.key("summary")
        writer.beginObject()
        writer.field("exchange", exchange)
        writer.field("total_contracts", checked.count)
        writer.field("complete", complete)
        writer.field("incomplete", checked.count - complete)
        writer.field("needs_retry", candidates.map(\.contract.contract.symbol))
        writer.endObject()
        writer.key("contracts")
        writer.beginArray()
        for contract in checked { write(contract, to: &writer) }
        writer.endArray()
        writer.field("days_analyzed", days)
        writer.field("timestamp", Timestamp.text(now))
        writer.endObject()
    }

    func write(_ one: CheckedContract, to writer: inout JSONWriter) {
        let report = one.report
        let covered = one.first.flatMap { first in one.last.map { $0.timeIntervalSince(first) / 86_400 } } ?? 0
        let interval = one.contract.interval.hours
        writer.beginObject()
        writer.field("exchange", names[one.contract.contract.exchange])
        writer.field("symbol", one.contract.contract.symbol)
        writer.field("funding_interval_hours", interval)
        writer.field("actual_points", report.present)
        writer.field("expected_points", report.expected)
        writer.field("completeness_percentage", Self.rounded(report.completeness))
        writer.field("first_data_point", one.first.map(Timestamp.text))
        writer.field("last_data_point", one.last.map(Timestamp.text))
        writer.field("days_covered", Self.rounded(covered))
        writer.field("gaps_detected", report.gaps.count)
        writer.list("gaps", report.gaps.prefix(Self.toldGaps)) { gap, writer in
            writer.field("start", Timestamp.text(gap.from))
            writer.field("end", Timestamp.text(gap.to))
            // From the last payment before to the first one after, which lie an interval outside.
            let each = gap.missing > 1 ? gap.to.timeIntervalSince(gap.from) / 3600 / Double(gap.missing - 1) : interval
            writer.field("duration_hours", Self.rounded(each * Double(gap.missing + 1)))
            writer.field("expected_hours", Self.rounded(each))
            writer.field("missing_points", gap.missing)
        }
        writer.field("status", report.status.rawValue)
        writer.field("needs_retry", one.needsRetry(threshold: threshold))
        writer.field("retry_priority", Self.rounded(report.retryPriority))
        writer.endObject()
    }

    private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }
}
