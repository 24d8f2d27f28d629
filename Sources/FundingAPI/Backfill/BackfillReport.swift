import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// How far a backfill is, in the words of the API.
struct BackfillReport: Sendable {
    private let job: BackfillDesk.Account?
    private let state: BackfillEvent?
    private let now: Date

    init(_ job: BackfillDesk.Account?, at now: Date) {
        self.job = job
        state = job?.event(at: now)
        self.now = now
    }

    private var isRunning: Bool { job?.isOpen ?? false }
    private var done: Int { state?.symbolsDone ?? 0 }
    private var total: Int { state?.symbolsTotal ?? 0 }
    private var exchanges: [BackfillEvent.Exchange] { state?.exchanges ?? [] }
    /// Percent; without a job nothing is left to do.
    private var progress: Int { state?.progress ?? 100 }

    private var message: String {
        guard let job, let state else { return "No backfill in progress" }
        switch job.status {
        case .queued: return "Job \(job.id) waits for the backfiller"
        case .running:
            return job.isCancelling ? "Job \(job.id) is being ended" : state.sentence
        case .done, .partial, .failed, .cancelled:
            return job.account ?? "Job \(job.id) has ended: \(job.status.rawValue)"
        }
    }

    private var error: String? {
        guard let job, job.status == .failed else { return nil }
        return job.account ?? "The backfill failed"
    }

    private var elapsed: TimeInterval? {
        job?.startedAt.map { (job?.finishedAt ?? now).timeIntervalSince($0) }
    }

    /// The flat form of the API before this one.
    func writeShort(to writer: inout JSONWriter) {
        writer.field("running", isRunning)
        writer.field("progress", progress)
        writer.field("message", message)
        writer.field("completed", !isRunning)
        writer.field("error", error)
        writer.field("symbols_processed", done)
        writer.field("total_symbols", total)
        writer.field("is_running", isRunning)
        writer.field("exchanges_complete", exchanges.count { $0.status.isOver })
        writer.field("exchanges_total", exchanges.count)
        let end = isRunning ? state?.etaSeconds.map(now.addingTimeInterval) : job?.finishedAt
        writer.field("estimated_completion", end.map(Timestamp.text))
        writer.field("job_id", job?.id)
    }

    /// Everything.
    /// - Parameter completeness: the member's value, encoded.
    func writeWhole(completeness: [UInt8], to writer: inout JSONWriter) {
        writer.field("status", "success")
        writer.key("backfill")
        writer.beginObject()
        writer.field("status", job?.status.rawValue ?? "idle")
        writer.field("message", message)
        if job != nil {
            writer.field("running", isRunning)
            writer.field("progress", progress)
            writer.field("symbols_processed", done)
            writer.field("total_symbols", total)
            writer.field("error", error)
        }
        writer.endObject()
        writer.field("running", isRunning)
        writer.field("overall_progress", progress)
        writer.field("total_records", state?.rows ?? 0)
        writer.key("exchanges")
        writer.beginObject()
        for exchange in exchanges {
            writer.key(exchange.id.rawValue)
            exchange.write(at: now, to: &writer)
        }
        writer.endObject()
        writer.key("completeness")
        writer.raw(completeness)
        writer.field("message", message)
        writer.field("completed", !isRunning)
        writer.field("total_time", elapsed)
        writer.field("job_id", job?.id)
        writer.field("requested_by", job?.requestedBy)
        writer.field("timestamp", Timestamp.text(now))
    }

    /// The share of complete contracts by exchange, as a member's value.
    static func encoded(_ exchanges: [CertifiedExchange]) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64 + exchanges.count * 80)
        writer.beginObject()
        for exchange in exchanges {
            writer.key(exchange.exchange.rawValue)
            writer.beginObject()
            writer.field("complete", exchange.complete)
            writer.field("total", exchange.total)
            writer.field("percentage", (Double(exchange.complete) / Double(exchange.total) * 1000).rounded() / 10)
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }
}

extension BackfillEvent.Exchange {
    static let schema: JSONShape = [
        "name": .text, "status": .words(BackfillEvent.Status.self), "symbols_processed": .count,
        "total_symbols": .count, "records_fetched": .count, "requests": .count, "missing": .count,
        "progress": .integer(least: 0, most: 100), "start_time": .timestamp.orNull, "elapsed_time": .number.orNull,
        "estimated_remaining": .number.orNull, "error": .text.orNull,
    ]

    /// The exchange's part of a job, as both the endpoint and the channel tell it.
    func write(at now: Date, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", name)
        writer.field("status", status.rawValue)
        writer.field("symbols_processed", symbolsDone)
        writer.field("total_symbols", symbolsTotal)
        writer.field("records_fetched", rows)
        writer.field("requests", requests)
        writer.field("missing", missing)
        writer.field("progress", progress)
        writer.field("start_time", startedAt.map(Timestamp.text))
        writer.field("elapsed_time", elapsed(at: now))
        writer.field("estimated_remaining", remaining)
        writer.field("error", message)
        writer.endObject()
    }
}
