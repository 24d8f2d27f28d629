import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging

/// Tells how far a backfill is: rows for those who ask later, events for those who listen, lines for who sits before it.
struct ProgressReporter: Sendable {
    /// At most one event in this time.
    private static let pause = Duration.seconds(1)

    let jobs: BackfillJobStore
    let events: EventPublisher
    /// Nil where nobody sits.
    let screen: ProgressScreen?
    let logger: Logger
    private let line = Lock("nothing to fill yet")

    init(jobs: BackfillJobStore, events: EventPublisher, screen: ProgressScreen?, logger: Logger) {
        self.jobs = jobs
        self.events = events
        self.screen = screen
        self.logger = logger
    }

    /// A line on how far the latest backfill is.
    var status: String { line.withLock { $0 } }

    /// Tells what has changed, every second until cancelled.
    func tell(_ progress: RunProgress, of job: BackfillJob) async {
        var told: [FeedID: BackfillProgress] = [:]
        while !Task.isCancelled {
            let changed = progress.feeds.filter { told[$0.counts.feed] != $0.counts }
            await record(changed, of: job)
            if !changed.isEmpty { await publish(progress, of: job, .running) }
            for feed in changed { told[feed.counts.feed] = feed.counts }
            screen?.show(progress.feeds)
            line.withLock { $0 = "filling, \(progress.doneOfAll) contracts done" }
            do { try await ContinuousClock().sleep(for: Self.pause) } catch { return }
        }
    }

    /// Tells how a job ended.
    func tellLast(_ progress: RunProgress, of job: BackfillJob, _ status: BackfillJob.Status) async {
        await record(progress.feeds, of: job)
        await publish(progress, of: job, status)
        screen?.showLast(progress.feeds)
        line.withLock { $0 = "last filled at \(Timestamp.text(Date())), \(progress.doneOfAll) contracts done" }
    }

    private func record(_ feeds: [RunProgress.Feed], of job: BackfillJob) async {
        guard !feeds.isEmpty else { return }
        do {
            try await jobs.record(feeds.map(\.counts), of: job)
        } catch {
            logger.debug("progress not recorded", metadata: ["job": "\(job.id)", "error": "\(error)"])
        }
    }

    private func publish(_ progress: RunProgress, of job: BackfillJob, _ status: BackfillJob.Status) async {
        do {
            try await events.publish(progress.event(of: job, status, at: Date()))
        } catch {
            logger.debug("progress not published", metadata: ["job": "\(job.id)", "error": "\(error)"])
        }
    }
}
