import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// Keeps the statistics in memory up to date and, as long as this scanner leads, writes and publishes what has changed,
/// and scores predictions.
actor StatisticsService: Service {
    private enum Rhythm {
        /// What a poll brings comes as one event, and what many polls bring within this becomes one write.
        static let step = Duration.milliseconds(500)
        /// How long a lost event of settlements goes unnoticed.
        static let look = Duration.seconds(15)
        /// Payments arrive for a minute after the hour: they are scored together.
        static let scoring = Duration.seconds(20)
        /// How often a run that changed nothing is recorded.
        static let record = Duration.seconds(10)
    }

    private let keeper: StatisticsKeeper
    private let store: StatisticsStore
    private let predictions: PredictionStore
    private let events: EventPublisher
    private let election: LeaderElection
    private let logger: Logger
    private let clock = ContinuousClock()
    private var led: ScannerLease.Token?
    private var lookedAt = ContinuousClock.now
    private var scoredAt: ContinuousClock.Instant?
    private var recordedAt: ContinuousClock.Instant?
    private var isFailing = false
    private var isUnheard = false

    init(
        _ keeper: StatisticsKeeper, _ store: StatisticsStore, _ predictions: PredictionStore, _ events: EventPublisher,
        _ election: LeaderElection, _ logger: Logger
    ) {
        self.keeper = keeper
        self.store = store
        self.predictions = predictions
        self.events = events
        self.election = election
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.attempt()
                do { try await self.clock.sleep(for: Rhythm.step) } catch { return }
            }
        }
    }

    /// What fails is tried again at the next step, and said once.
    private func attempt() async {
        do {
            try await catchUp()
            if let leader = election.token {
                try await write(as: leader)
                try await score(as: leader)
            }
            if isFailing { logger.notice("statistics kept again") }
            isFailing = false
        } catch is LeadershipLost {
            logger.debug("statistics not written: another scanner leads")
        } catch {
            guard !Task.isCancelled else { return }
            if !isFailing { logger.warning("statistics not kept", metadata: ["error": "\(error)"]) }
            isFailing = true
        }
    }

    private func catchUp() async throws {
        let now = Date()
        // Until the market is known there is nothing to compare.
        guard await keeper.count > 0 else { return }
        try await keeper.load(at: now)
        guard await keeper.isLoaded else { return }
        try await keeper.readHinted(at: now)
        guard clock.now - lookedAt >= Rhythm.look else { return }
        try await keeper.look(at: now)
        lookedAt = clock.now
    }

    private func write(as leader: ScannerLease.Token) async throws {
        let begun = clock.now
        if leader != led {
            await keeper.forgetTold()
            led = leader
            recordedAt = nil
        }
        let now = Date()
        let rows = await keeper.changes(at: now)
        let contracts = await keeper.count
        let isDue = recordedAt.map { clock.now - $0 >= Rhythm.record } ?? (contracts > 0)
        guard !rows.isEmpty || isDue else { return }
        let run = StatisticsStore.Run(computedAt: now, begun: begun, contracts: contracts)
        let event = try await store.write(rows, run, as: leader)
        await keeper.markTold(rows)
        recordedAt = clock.now
        if let event { await publish(event) }
    }

    /// An event that is lost was only a hint: Redis may be away.
    private func publish(_ event: StatisticsEvent) async {
        do {
            // In a task of its own: what is committed is told of, even if this process was told to end meanwhile.
            try await Task { [events] in try await events.publish(event) }.value
            isUnheard = false
        } catch {
            if !isUnheard { logger.warning("event not published", metadata: ["error": "\(error)"]) }
            isUnheard = true
        }
    }

    private func score(as leader: ScannerLease.Token) async throws {
        if let scoredAt, clock.now - scoredAt < Rhythm.scoring { return }
        guard await keeper.takeHasSettled() else { return }
        scoredAt = clock.now
        let payments: Int
        do { payments = try await predictions.score(at: Date(), as: leader) } catch {
            await keeper.noteSettled()
            throw error
        }
        if payments > 0 { logger.info("predictions scored", metadata: ["payments": "\(payments)"]) }
        guard payments == PredictionStore.batch else { return }
        // There are more, as on the first day.
        scoredAt = nil
        await keeper.noteSettled()
    }
}
