import Foundation
import FundingCore
import FundingStore

extension RunProgress {
    /// How far the job is, exchange by exchange: feeds of one exchange are told together.
    func event(of job: BackfillJob, _ status: BackfillJob.Status, at now: Date) -> BackfillEvent {
        let exchanges = Dictionary(grouping: feeds, by: \.exchange).sorted { $0.key.rawValue < $1.key.rawValue }
        return BackfillEvent(
            jobID: job.id, status: status.event, observedAt: now,
            exchanges: exchanges.map { exchange, feeds in
                BackfillEvent.Exchange(exchange, named: feeds[0].exchangeName, feeds.map(\.counts), at: now)
            })
    }
}
