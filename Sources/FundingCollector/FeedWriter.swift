import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging

/// Brings what one feed says into Postgres and then to Redis, in this order and never in another: whole polls, and what
/// its stream says between them.
actor FeedWriter {
    /// What the stream said that is not stored yet, over the rows of the last poll.
    nonisolated let board = Lock(StreamBoard())

    private let profile: ExchangeProfile
    private let stores: CollectorStores
    private let logger: Logger
    private let clock = ContinuousClock()
    /// A poll and a stream's news may come at once; each has to be whole before the other.
    private let turn = Turn()
    private var path = RatePath()
    private var published = 0

    init(_ profile: ExchangeProfile, _ stores: CollectorStores, _ logger: Logger) {
        self.profile = profile
        self.stores = stores
        self.logger = logger
    }

    /// Begins with nothing. Whoever has held the feed meanwhile knows more than what was left over here.
    func begin() {
        board.withLock { $0 = StreamBoard() }
        path = RatePath()
    }

    // MARK: - Writing

    /// Stores and publishes a poll, with newer values of the stream laid over it.
    /// - Returns: the event, or nil if Postgres did not take it.
    /// - Throws: `LeaseLost`, `CancellationError`.
    func store(_ poll: FeedPoll, _ attempt: Attempt, _ lease: FeedLeases.Lease) async throws -> RatesEvent? {
        try await turn.with {
            var poll = poll
            board.withLock { $0.merge(&poll.snapshots, isComplete: poll.isComplete) }
            let event = try await write(SnapshotBatch(poll, attempt, at: clock.now), lease)
            if event == nil { board.withLock { $0.putBack(poll.snapshots) } }
            return event
        }
    }

    /// Stores and publishes what the stream has said since the last time, if anything.
    /// - Parameter age: rows that were not stored for so many seconds are stored although nothing moved.
    /// - Throws: `LeaseLost`, `CancellationError`.
    func flush(confirmingAfter age: TimeInterval, _ lease: FeedLeases.Lease) async throws {
        try await turn.with {
            let now = Date()
            let due = board.withLock { $0.drain(at: now, confirmingAfter: age) }
            guard !due.isEmpty else { return }
            let batch = SnapshotBatch(streamed: due, of: profile, at: now)
            if try await write(batch, lease) == nil { board.withLock { $0.putBack(due) } }
        }
    }

    private func write(_ batch: SnapshotBatch, _ lease: FeedLeases.Lease) async throws -> RatesEvent? {
        var batch = batch
        batch.path = path.points(of: batch.snapshots)
        let outcome: SnapshotStore.Outcome
        do {
            outcome = try await stores.snapshots.write(batch, lease: lease, published: published)
        } catch let lost as LeaseLost {
            throw lost
        } catch {
            try Task.checkCancellation()
            // Newer rates are on their way: there is nothing to keep for later.
            logger.error("rates not stored", metadata: ["contracts": "\(batch.snapshots.count)", "error": "\(error)"])
            return nil
        }
        Failpoint.pass("after_commit")
        await publish(outcome.rates)
        if let contracts = outcome.contracts { await publish(contracts) }
        return outcome.rates
    }

    // MARK: - Publishing

    /// What an earlier holder of the feed committed but may not have published.
    func publishForgotten() async {
        do {
            guard let event = try await stores.snapshots.unpublished(profile.feed) else { return }
            await publish(event)
            logger.notice("published again", metadata: ["seq": "\(event.sequence)", "rows": "\(event.changed.count)"])
        } catch {
            logger.warning("could not look for unpublished polls", metadata: ["error": "\(error)"])
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

    private func publish(_ event: ContractsEvent) async {
        for change in event.changes where change.before != nil {
            logger.notice("terms changed", metadata: change.facts)
        }
        do {
            try await stores.events.publish(event)
        } catch {
            logger.warning("event not published", metadata: ["changes": "\(event.changes.count)", "error": "\(error)"])
        }
    }
}

extension TermsChange {
    fileprivate var facts: Logger.Metadata {
        var facts: Logger.Metadata = [
            "symbol": "\(symbol)", "what": "\(kinds.map(\.rawValue).joined(separator: ","))",
        ]
        if let before, before.interval != after.interval {
            facts["interval_hours"] = "\(before.interval.hours) -> \(after.interval.hours)"
        }
        if let before, before.denomination != after.denomination {
            facts["denomination"] = "\(before.denomination) -> \(after.denomination)"
        }
        return facts
    }
}
