import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging

/// Polls one feed for as long as its lease lasts: asks, stores, publishes, in this order and never in another.
actor FeedRunner {
    /// How open interest is asked for where it comes contract by contract: 200 contracts a minute, so that all of
    /// Binance's have theirs three minutes after a start, for a twelfth of its budget.
    private enum OpenInterest {
        static let contracts = 10
        static let pause = Duration.seconds(3)
    }

    private let poller: ExchangePoller
    private let stores: CollectorStores
    private let schedule: PollSchedule
    private let logger: Logger
    private let clock = ContinuousClock()
    private var breaker = CircuitBreaker()
    private var published = 0
    private var reported = RejectMemory()
    private var failingParts: Set<String> = []

    private nonisolated var profile: ExchangeProfile { poller.adapter.profile }

    init(_ poller: ExchangePoller, _ stores: CollectorStores, _ schedule: PollSchedule, _ logger: Logger) {
        self.poller = poller
        self.stores = stores
        self.schedule = schedule
        var logger = logger
        logger[metadataKey: "feed"] = "\(poller.adapter.profile.feed)"
        self.logger = logger
    }

    /// Returns when the task is cancelled or the lease has passed on.
    func run(_ lease: FeedLeases.Lease) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.collectOpenInterest() }
            await poll(lease)
            group.cancelAll()
        }
    }

    private func poll(_ lease: FeedLeases.Lease) async {
        let start = clock.now
        do {
            await publishForgotten()
            await takeUpPause()
            var tick = start + schedule.offset
            while true {
                try await clock.sleep(until: tick)
                _ = try await pollOnce(lease)
                tick = schedule.nextPoll(after: clock.now, startedAt: start)
            }
        } catch is CancellationError {
            return
        } catch {
            logger.notice("stopped polling", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - One poll

    /// One poll, stored and published, or its failure recorded. Returns whether the feed answered.
    /// - Throws: `LeaseLost`, `CancellationError`.
    func pollOnce(_ lease: FeedLeases.Lease) async throws -> Bool {
        let attempt = Attempt(startedAt: Date(), instant: clock.now, period: schedule.period)
        if case .refused(let until) = breaker.permission(at: clock.now) {
            // The failure that opened the circuit has been recorded; until the pause ends there is nothing to add.
            logger.debug("circuit open", metadata: ["seconds_left": "\((until - clock.now) / .seconds(1))"])
            return false
        }
        if let pause = await poller.gate.remainingPause {
            logger.debug("host paused", metadata: ["seconds_left": "\(pause / .seconds(1))"])
            return false
        }
        let poll: FeedPoll
        do {
            poll = try await poller.poll()
            try Task.checkCancellation()
        } catch let error as ExchangeError {
            try Task.checkCancellation()
            try await recordFailure(error, attempt, lease)
            return false
        }
        Failpoint.pass("after_fetch")
        return try await store(poll, attempt, lease)
    }

    private func store(_ poll: FeedPoll, _ attempt: Attempt, _ lease: FeedLeases.Lease) async throws -> Bool {
        let batch = SnapshotBatch(poll, attempt, at: clock.now)
        let event: RatesEvent
        do {
            event = try await stores.snapshots.write(batch, lease: lease, published: published)
        } catch let lost as LeaseLost {
            throw lost
        } catch {
            try Task.checkCancellation()
            // The next poll brings newer rates: there is nothing to keep for later.
            logger.error("poll not stored", metadata: ["contracts": "\(poll.snapshots.count)", "error": "\(error)"])
            return false
        }
        Failpoint.pass("after_commit")
        if breaker.consecutiveFailures > 0 {
            logger.notice("recovered", metadata: ["failures": "\(breaker.consecutiveFailures)"])
        }
        breaker.recordSuccess()
        await publish(event)
        report(poll, event, batch)
        return true
    }

    private func recordFailure(_ error: ExchangeError, _ attempt: Attempt, _ lease: FeedLeases.Lease) async throws {
        breaker.recordFailure(at: clock.now)
        let verdict = FailureVerdict(error, breaker, at: clock.now)
        let failures = breaker.consecutiveFailures
        // Doubling distances: a night of failures is a dozen lines, not a thousand.
        logger.log(
            level: failures & (failures - 1) == 0 ? .warning : .debug, "poll failed",
            metadata: [
                "request": "\(error.request)", "error_kind": "\(error.kind.label)", "error": "\(error.detail)",
                "failures": "\(failures)", "status": "\(verdict.status.rawValue)",
                "retry_in_s": "\(verdict.retryIn.map { Int($0 / .seconds(1)) } ?? Int(schedule.period / .seconds(1)))",
            ]
        )
        do {
            try await stores.health.record(attempt.failure(profile.feed, verdict, error, at: clock.now), lease: lease)
        } catch let lost as LeaseLost {
            throw lost
        } catch {
            try Task.checkCancellation()
            logger.error("failure not recorded", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Publishing

    /// What an earlier holder committed but may not have published.
    private func publishForgotten() async {
        do {
            guard let event = try await stores.snapshots.unpublished(profile.feed) else { return }
            await publish(event)
            logger.notice("published again", metadata: ["seq": "\(event.sequence)", "rows": "\(event.changed.count)"])
        } catch {
            logger.warning("could not look for unpublished polls", metadata: ["error": "\(error)"])
        }
    }

    /// A pause or a ban that an earlier holder met.
    private func takeUpPause() async {
        do {
            guard let standing = try await stores.health.standingPause(of: profile.feed) else { return }
            await poller.gate.takeUp(.seconds(standing.seconds), errorKind: standing.errorKind)
            logger.notice(
                "host still to be left alone",
                metadata: ["seconds_left": "\(Int(standing.seconds))", "error_kind": "\(standing.errorKind)"]
            )
        } catch {
            logger.warning("could not look for a standing pause", metadata: ["error": "\(error)"])
        }
    }

    private func publish(_ event: RatesEvent) async {
        do {
            try await stores.events.publish(event)
            published = event.sequence
            Failpoint.pass("after_publish")
        } catch {
            // Readers see the hole in the sequence at the next event and read the rows.
            logger.warning("event not published", metadata: ["seq": "\(event.sequence)", "error": "\(error)"])
        }
    }

    private func report(_ poll: FeedPoll, _ event: RatesEvent, _ batch: SnapshotBatch) {
        // Said when it begins and when it ends, not at every poll in between.
        let failing = Set(poll.failures.map(\.request))
        for failure in poll.failures where !failingParts.contains(failure.request) {
            logger.warning("part failed", metadata: ["request": "\(failure.request)", "error": "\(failure)"])
        }
        if failing.isEmpty, !failingParts.isEmpty { logger.notice("all parts answer") }
        failingParts = failing
        for reject in reported.unseen(poll.rejects) {
            logger.notice("row rejected", metadata: ["symbol": "\(reject.symbol)", "reason": "\(reject.reason)"])
        }
        if !event.removed.isEmpty {
            logger.notice("no longer listed", metadata: ["symbols": "\(event.removed.joined(separator: ","))"])
        }
        logger.info(
            "poll finished",
            metadata: [
                "contracts": "\(poll.snapshots.count)", "changed": "\(event.changed.count)",
                "rejects": "\(poll.rejects.count)", "excluded": "\(batch.excluded)", "seq": "\(event.sequence)",
                "ms": "\(Int(batch.duration * 1000))",
            ]
        )
    }

    // MARK: - Open interest

    private func collectOpenInterest() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: OpenInterest.pause) } catch { return }
            guard await poller.asksOpenInterestByContract, await poller.gate.remainingPause == nil else { continue }
            let failures = await poller.refreshOpenInterest(OpenInterest.contracts)
            if let first = failures.first, !Task.isCancelled {
                let facts: Logger.Metadata = ["contracts": "\(failures.count)", "error": "\(first)"]
                logger.debug("open interest missing", metadata: facts)
            }
        }
    }
}
