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

    /// How a feed's stream is served: what it said is stored within a second.
    private enum Stream {
        static let flush = Duration.seconds(1)
        static let report = Duration.seconds(5)
    }

    private let poller: ExchangePoller
    private let stores: CollectorStores
    private let schedule: PollSchedule
    private let logger: Logger
    private let instance: String
    private let writer: FeedWriter
    private let stream: FeedStream?
    private let clock = ContinuousClock()
    private var breaker = CircuitBreaker()
    private var reported = RejectMemory()
    private var failingParts: Set<String> = []
    /// The pause that the feed's row tells of, by its label.
    private var toldPause: String?

    private nonisolated var profile: ExchangeProfile { poller.adapter.profile }

    /// - Parameter open: opens the connections of the feed's stream; nil to do without it.
    init(
        _ poller: ExchangePoller, _ stores: CollectorStores, _ schedule: PollSchedule, instance: String,
        streamBase: String? = nil, open: StreamClient.Open?, _ logger: Logger
    ) {
        self.poller = poller
        self.stores = stores
        self.schedule = schedule
        self.instance = instance
        let profile = poller.adapter.profile
        var logger = logger
        logger[metadataKey: "feed"] = "\(profile.feed)"
        self.logger = logger
        let writer = FeedWriter(profile, stores, logger)
        self.writer = writer
        if let open, let stream = poller.adapter.stream {
            self.stream = FeedStream(
                stream, base: streamBase, open: open, ask: { await poller.ask($0) }, writer.board, logger
            )
        } else {
            stream = nil
        }
    }

    /// Returns when the task is cancelled or the lease has passed on.
    func run(_ lease: FeedLeases.Lease) async {
        await writer.begin()
        await poller.forgetOpenInterest()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.collectOpenInterest() }
            if stream != nil {
                group.addTask { await self.storeStream(lease) }
                group.addTask { await self.reportStream(lease) }
            }
            await poll(lease)
            group.cancelAll()
        }
        await stream?.stop()
    }

    private func poll(_ lease: FeedLeases.Lease) async {
        let start = clock.now
        do {
            await writer.publishForgotten()
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
        if let pause = await poller.gate.standingPause {
            try await tell(of: pause, attempt, lease)
            return false
        }
        let poll: FeedPoll
        do {
            if writer.board.withLock({ $0.pollBegins() }) { await poller.outdateListings() }
            poll = try await poller.poll()
            try Task.checkCancellation()
        } catch let error as ExchangeError {
            try Task.checkCancellation()
            try await recordFailure(error, attempt, lease)
            return false
        }
        Failpoint.pass("after_fetch")
        guard let event = try await writer.store(poll, attempt, lease) else { return false }
        if breaker.consecutiveFailures > 0 {
            logger.notice("recovered", metadata: ["failures": "\(breaker.consecutiveFailures)"])
        }
        breaker.recordSuccess()
        toldPause = nil
        report(poll, event, attempt.duration(at: clock.now))
        await keepExcerpts(of: poll)
        if poll.isComplete { await stream?.follow(poll.snapshots) }
        return true
    }

    /// For those who ask where a number comes from; that Redis is away is told elsewhere.
    private func keepExcerpts(of poll: FeedPoll) async {
        let excerpts = poller.adapter.excerpts(of: poll.snapshots.map(\.contract), in: poll.answers)
        do {
            try await stores.raw.keep(excerpts, of: profile.feed, isComplete: poll.isComplete)
        } catch {
            logger.debug("answers not kept", metadata: ["error": "\(error)"])
        }
    }

    /// The last poll may know nothing of the pause: a part of it, an open interest or another process may have met it.
    private func tell(of pause: ExchangeError.Kind, _ attempt: Attempt, _ lease: FeedLeases.Lease) async throws {
        guard toldPause != pause.label else { return }
        toldPause = pause.label
        let error = ExchangeError(
            feed: profile.feed, request: "host", kind: pause, detail: "not asked, since another request met this")
        try await store(error, attempt, lease)
    }

    private func recordFailure(_ error: ExchangeError, _ attempt: Attempt, _ lease: FeedLeases.Lease) async throws {
        breaker.recordFailure(at: clock.now)
        toldPause = error.kind.pause == nil ? nil : error.kind.label
        try await store(error, attempt, lease)
    }

    private func store(_ error: ExchangeError, _ attempt: Attempt, _ lease: FeedLeases.Lease) async throws {
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

    /// A pause or a ban that an earlier holder met.
    private func takeUpPause() async {
        do {
            guard let standing = try await stores.health.standingPause(of: profile.feed) else { return }
            await poller.gate.takeUp(.seconds(standing.seconds), errorKind: standing.errorKind)
            toldPause = standing.errorKind
            logger.notice(
                "host still to be left alone",
                metadata: ["seconds_left": "\(Int(standing.seconds))", "error_kind": "\(standing.errorKind)"]
            )
        } catch {
            logger.warning("could not look for a standing pause", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Telling

    private func report(_ poll: FeedPoll, _ event: RatesEvent, _ duration: TimeInterval) {
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
                "rejects": "\(poll.rejects.count)", "excluded": "\(poll.excluded.values.reduce(0, +))",
                "seq": "\(event.sequence)",
                "ms": "\(Int(duration * 1000))",
            ]
        )
    }

    // MARK: - The stream

    private func storeStream(_ lease: FeedLeases.Lease) async {
        let age = schedule.period / .seconds(1)
        do {
            while true {
                try await clock.sleep(for: Stream.flush)
                try await writer.flush(confirmingAfter: age, lease)
            }
        } catch is CancellationError {
            return
        } catch {
            // The polls meet the same end, and end the run.
            logger.debug("stream no longer stored", metadata: ["error": "\(error)"])
        }
    }

    private func reportStream(_ lease: FeedLeases.Lease) async {
        while !Task.isCancelled {
            do {
                try await clock.sleep(for: Stream.report)
                guard let connections = await stream?.connections() else { return }
                try await stores.streams.record(
                    connections, of: profile.feed, exchange: profile.exchange, instance: instance,
                    clockSkew: writer.board.withLock { $0.clockSkew }, lease: lease
                )
            } catch is CancellationError {
                return
            } catch {
                logger.debug("connections not recorded", metadata: ["error": "\(error)"])
            }
        }
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
