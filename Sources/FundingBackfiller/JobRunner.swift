import Foundation
import FundingCore
import FundingExchanges
import FundingStore
import Logging

/// Works on one backfill job: runs it, tells of it, ends it when somebody cancels it.
struct JobRunner: Sendable {
    private enum Rhythm {
        /// A cancelled job ends within five seconds.
        static let cancelling = Duration.seconds(2)
    }

    let fetchers: [HistoryFetcher]
    let stores: BackfillStores
    let reporter: ProgressReporter
    let logger: Logger

    /// How a job came out, in words for its row.
    struct Ending {
        var status: BackfillJob.Status
        var account: String

        /// With the exchanges that were asked for and that this process does not read.
        func leaving(_ unread: [ExchangeID]) -> Ending {
            guard !unread.isEmpty else { return self }
            let lines = unread.map { "\($0): not read by this backfiller, see --exchanges and the settings" }
            return Ending(
                status: status == .done ? .partial : status,
                account: ([account] + lines).filter { !$0.isEmpty }.joined(separator: "\n"))
        }
    }

    /// Works until the job has ended.
    /// - Parameter isOwn: this process has thought of the job itself: it ends with it. Others are left to the next process.
    /// - Throws: `CancellationError`, or what Postgres refuses for good.
    func work(on job: BackfillJob, isOwn: Bool) async throws -> RunProgress {
        let chosen = fetchers.filter { fetcher in
            job.request.exchanges.map { $0.contains(fetcher.adapter.profile.exchange) } ?? true
        }
        let read = Set(chosen.map(\.adapter.profile.exchange))
        let unread = (job.request.exchanges ?? []).filter { !read.contains($0) }
        let progress = RunProgress(chosen.map(\.adapter.profile))
        let run = BackfillRun(
            fetchers: chosen, stores: stores, symbols: job.request.symbols, window: window(of: job.request),
            scope: job.request.scope, isParallel: job.request.isParallel, progress: progress, logger: logger
        )
        logger.info(
            "backfill begins",
            metadata: [
                "job": "\(job.id)", "attempt": "\(job.attempt)", "from": "\(Timestamp.text(run.window.lowerBound))",
                "to": "\(Timestamp.text(run.window.upperBound))",
            ]
        )
        let telling = Task { await reporter.tell(progress, of: job) }
        let ending: Ending
        do {
            ending = try await outcome(of: run, job).leaving(unread)
        } catch {
            telling.cancel()
            await telling.value
            await giveUp(job, progress, isOwn: isOwn)
            throw error
        }
        telling.cancel()
        await telling.value
        await reporter.tellLast(progress, of: job, ending.status)
        try await stores.patiently(logger) { [locks = stores.locks] in
            try await $0.jobs.finish(job, ending.status, account: ending.account, locks: locks)
        }
        logger.info("backfill ended", metadata: ["job": "\(job.id)", "status": "\(ending.status.rawValue)"])
        return progress
    }

    private func window(of request: BackfillRequest) -> ClosedRange<Date> {
        request.window ?? BackfillWindow.days(request.days).range(at: Date())
    }

    /// Runs beside a look at whether somebody wants the job ended.
    private func outcome(of run: BackfillRun, _ job: BackfillJob) async throws -> Ending {
        try await withThrowingTaskGroup(of: Ending?.self) { group in
            group.addTask {
                try await run.run()
                let status: BackfillJob.Status = run.progress.isWhole ? .done : .partial
                return Ending(status: status, account: run.progress.account)
            }
            group.addTask {
                try await waitForCancelling(of: job)
                return nil
            }
            defer { group.cancelAll() }
            // The first to end decides; the other is cancelled, and waited for.
            guard let first = try await group.next(), let ending = first else {
                run.progress.cancel()
                return Ending(status: .cancelled, account: "cancelled\n" + run.progress.account)
            }
            return ending
        }
    }

    private func waitForCancelling(of job: BackfillJob) async throws {
        while true {
            try await ContinuousClock().sleep(for: Rhythm.cancelling)
            do {
                if try await stores.jobs.isCancelled(job) { return }
            } catch {
                try Task.checkCancellation()
                logger.debug("could not look whether the job is cancelled", metadata: ["error": "\(error)"])
            }
        }
    }

    /// In a task of its own: this one is cancelled.
    private func giveUp(_ job: BackfillJob, _ progress: RunProgress, isOwn: Bool) async {
        await Task { [stores, logger] in
            do {
                if isOwn {
                    let account = "the process was told to end\n" + progress.account
                    try await stores.jobs.finish(job, .cancelled, account: account, locks: stores.locks)
                } else {
                    try await stores.jobs.release(job, locks: stores.locks)
                }
            } catch {
                // Its lock ends with this process, which shows the next one that the job is free.
                logger.debug("job not given up", metadata: ["job": "\(job.id)", "error": "\(error)"])
            }
        }.value
    }
}
