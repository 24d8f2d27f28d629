public import Foundation
public import FundingCore

extension BackfillEvent.Exchange {
    /// One exchange's part of a job: its feeds taken together.
    public init(_ id: ExchangeID, named name: String, _ feeds: [BackfillProgress], at now: Date) {
        let ends = feeds.compactMap(\.finishedAt)
        self.init(
            id: id, name: name, status: BackfillEvent.Status(of: feeds.map(\.status)),
            symbolsDone: feeds.reduce(0) { $0 + $1.symbolsDone },
            symbolsTotal: feeds.reduce(0) { $0 + $1.symbolsTotal },
            symbolsComplete: feeds.reduce(0) { $0 + $1.symbolsComplete },
            startedAt: feeds.compactMap(\.startedAt).min(), finishedAt: ends.count == feeds.count ? ends.max() : nil,
            rows: feeds.reduce(0) { $0 + $1.rowsInserted + $1.rowsUpdated },
            requests: feeds.reduce(0) { $0 + $1.requests }, missing: feeds.reduce(0) { $0 + $1.missing },
            etaSeconds: feeds.compactMap { $0.eta?.timeIntervalSince(now) }.max().map { max(0, $0) },
            message: feeds.compactMap(\.error).first
        )
    }
}

extension BackfillJob.Status {
    /// The status in the word that events have for it. A job with a part missing is completed: its exchanges' messages say
    /// what is missing.
    public var event: BackfillEvent.Status {
        switch self {
        case .queued: .pending
        case .running: .processing
        case .done, .partial: .completed
        case .failed: .error
        case .cancelled: .cancelled
        }
    }
}

extension BackfillDesk.Account {
    /// How far the job is, as events tell it. What a job that has ended left open did not come to its end either: its worker
    /// was cut off.
    public func event(at now: Date) -> BackfillEvent {
        let exchanges = Dictionary(grouping: parts, by: \.exchange).sorted { $0.key.rawValue < $1.key.rawValue }
        return BackfillEvent(
            jobID: id, status: status.event, observedAt: now,
            exchanges: exchanges.map { exchange, parts in
                let feeds = parts.map { part in
                    var progress = part.progress
                    if !isOpen, !progress.status.isOver {
                        progress.status = status == .cancelled ? .cancelled : .error
                        progress.finishedAt = progress.startedAt.flatMap { _ in finishedAt }
                    }
                    return progress
                }
                return BackfillEvent.Exchange(exchange, named: parts[0].exchangeName, feeds, at: now)
            })
    }
}
