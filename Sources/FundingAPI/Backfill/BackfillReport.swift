import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// How far a backfill is, in the words of the API.
struct BackfillReport: Sendable {
    private let job: BackfillDesk.Account?
    private let now: Date

    init(_ job: BackfillDesk.Account?, at now: Date) {
        self.job = job
        self.now = now
    }

    private var isRunning: Bool { job?.isOpen ?? false }
    private var done: Int { job?.parts.reduce(0) { $0 + $1.progress.symbolsDone } ?? 0 }
    private var total: Int { job?.parts.reduce(0) { $0 + $1.progress.symbolsTotal } ?? 0 }
    private var records: Int { job?.parts.reduce(0) { $0 + $1.progress.records } ?? 0 }

    /// Percent. What has not begun is at nothing, what has ended in good order is whole even where nothing was to be done.
    private var progress: Int {
        guard let job else { return 100 }
        if job.status == .done || job.status == .partial { return 100 }
        return total == 0 ? 0 : min(100, done * 100 / total)
    }

    private var message: String {
        guard let job else { return "No backfill in progress" }
        switch job.status {
        case .queued: return "Job \(job.id) waits for the backfiller"
        case .running:
            return job.isCancelling
                ? "Job \(job.id) is being ended" : "Job \(job.id) has done \(done) of \(total) contracts"
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

    /// The seed's flat form.
    func writeShort(to writer: inout JSONWriter) {
        let exchanges = exchanges
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
        let eta = isRunning ? exchanges.compactMap(\.eta).max() : job?.finishedAt
        writer.field("estimated_completion", eta.map(Timestamp.text))
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
        writer.field("total_records", records)
        writer.key("exchanges")
        writer.beginObject()
        for exchange in exchanges {
            writer.key(exchange.id.rawValue)
            write(exchange, to: &writer)
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

    // MARK: Exchanges

    /// One exchange's part: its feeds taken together.
    private struct Exchange {
        var id: ExchangeID
        var name: String
        var status: BackfillEvent.Status
        var parts: [BackfillProgress]

        var done: Int { parts.reduce(0) { $0 + $1.symbolsDone } }
        var total: Int { parts.reduce(0) { $0 + $1.symbolsTotal } }
        var eta: Date? { parts.compactMap(\.eta).max() }
    }

    private var exchanges: [Exchange] {
        guard let job else { return [] }
        return Dictionary(grouping: job.parts, by: \.exchange).map { id, parts in
            let progress = parts.map(\.progress)
            return Exchange(
                id: id, name: parts[0].exchangeName, status: Self.status(of: progress, job.status), parts: progress)
        }.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    private static func status(of parts: [BackfillProgress], _ job: BackfillJob.Status) -> BackfillEvent.Status {
        let isDone = parts.allSatisfy { $0.symbolsDone >= $0.symbolsTotal }
        switch job {
        case .queued: return .pending
        case .cancelled: return isDone ? .completed : .cancelled
        case .running:
            if isDone { return .completed }
            return parts.contains { $0.requests > 0 || $0.symbolsDone > 0 } ? .processing : .pending
        case .done, .partial, .failed:
            if !isDone { return .error }
            return parts.allSatisfy { $0.symbolsTotal == 0 } ? .noData : .completed
        }
    }

    private func write(_ exchange: Exchange, to writer: inout JSONWriter) {
        let isOver = exchange.status.isOver
        writer.beginObject()
        writer.field("name", exchange.name)
        writer.field("symbols_processed", exchange.done)
        writer.field("total_symbols", exchange.total)
        writer.field("records_fetched", exchange.parts.reduce(0) { $0 + $1.records })
        writer.field("requests", exchange.parts.reduce(0) { $0 + $1.requests })
        writer.field("missing", exchange.parts.reduce(0) { $0 + $1.missing })
        writer.field("status", exchange.status.rawValue)
        writer.field(
            "progress", exchange.total == 0 ? (isOver ? 100 : 0) : min(100, exchange.done * 100 / exchange.total))
        writer.field("start_time", job?.startedAt.map(Timestamp.text))
        writer.field("elapsed_time", elapsed)
        writer.field(
            "estimated_remaining", isOver ? 0 : exchange.eta.map { max(0, $0.timeIntervalSince(now)) })
        writer.field("error", exchange.parts.compactMap(\.error).first)
        writer.endObject()
    }
}

extension BackfillProgress {
    fileprivate var records: Int { rowsInserted + rowsUpdated }
}

extension BackfillEvent.Status {
    fileprivate var isOver: Bool { self != .pending && self != .processing }
}
