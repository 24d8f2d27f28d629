import Foundation
import FundingCore
import FundingStore

extension RunProgress {
    /// How far the job is, exchange by exchange: feeds of one exchange are told together.
    func event(of job: BackfillJob, _ status: BackfillJob.Status, at now: Date) -> BackfillEvent {
        let byExchange = Dictionary(grouping: feeds, by: \.exchange)
        let exchanges = byExchange.sorted { $0.key.rawValue < $1.key.rawValue }.map { exchange, feeds in
            BackfillEvent.Exchange(
                id: exchange, name: feeds[0].exchangeName, status: Self.status(of: feeds.map(\.counts.status)),
                symbolsDone: feeds.reduce(0) { $0 + $1.counts.symbolsDone },
                symbolsTotal: feeds.reduce(0) { $0 + $1.counts.symbolsTotal },
                symbolsComplete: feeds.reduce(0) { $0 + $1.counts.symbolsComplete },
                startedAt: feeds.compactMap(\.counts.startedAt).min(), finishedAt: Self.end(of: feeds),
                rows: feeds.reduce(0) { $0 + $1.counts.rowsInserted + $1.counts.rowsUpdated },
                requests: feeds.reduce(0) { $0 + $1.counts.requests },
                etaSeconds: feeds.compactMap { $0.counts.eta?.timeIntervalSince(now) }.max().map { max(0, $0) },
                message: feeds.compactMap(\.counts.error).first
            )
        }
        return BackfillEvent(jobID: job.id, status: status.event, observedAt: now, exchanges: exchanges)
    }

    /// The exchange has come to its end with all its feeds, the last of them now.
    private static func end(of feeds: [Feed]) -> Date? {
        let ends = feeds.compactMap(\.counts.finishedAt)
        return ends.count == feeds.count ? ends.max() : nil
    }

    /// What needs somebody's attention first.
    private static func status(of feeds: [BackfillEvent.Status]) -> BackfillEvent.Status {
        let first: [BackfillEvent.Status] = [.error, .uploadFailed, .cancelled, .processing]
        if let status = first.first(where: feeds.contains) { return status }
        let all = Set(feeds)
        guard all.count > 1 else { return all.first ?? .pending }
        return all.contains(.pending) ? .processing : .completed
    }
}

extension BackfillJob.Status {
    /// The status in the word that events and the API have for it. A job with a part missing is completed: its exchanges'
    /// messages say what is missing.
    fileprivate var event: BackfillEvent.Status {
        switch self {
        case .queued: .pending
        case .running: .processing
        case .done, .partial: .completed
        case .failed: .error
        case .cancelled: .cancelled
        }
    }
}
