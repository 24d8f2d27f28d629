import Foundation
import FundingCore
import FundingStore
import Logging
import ServiceLifecycle

/// What has to be done about spreads now and then: reads what is known beside the rates, stores the hours that were
/// observed, derives those that were not, and refreshes the views.
actor SpreadUpkeep: MarketConsumer, Service {
    /// Something to be done at intervals, and once more when it is asked for.
    private struct Chore {
        var name: String
        var every: Duration
        /// A standby does not write.
        var isLeadersOnly: Bool
        var isDueAt = ContinuousClock.now
        var isFailing = false
        /// - Returns: when it wants to go on; nil if it is done until its time comes again.
        var body: @Sendable (SpreadUpkeep, Date) async throws -> Duration?
    }

    private enum Reach {
        /// Settled history covers so much.
        static let past: TimeInterval = 30 * 86_400
        /// An hour's payments are settled and fetched by then.
        static let settling: TimeInterval = 2 * 3600
        /// Late settlements are read again for so long.
        static let overlap: TimeInterval = 6 * 3600
    }

    private static let beat = Duration.seconds(1)
    private static let retry = Duration.seconds(10)

    private let keeper: SpreadKeeper
    private let stores: SpreadStores
    private let election: LeaderElection
    private let settings: LiveSettings
    private let logger: Logger
    private let clock = ContinuousClock()
    private var marks = MarkHistory()
    private var marksUntil: Date?
    /// Hours that were observed and could not be stored yet.
    private var unstored: [SpreadHour] = []
    private var haveTermsChanged = false
    /// Rows that were derived since the views were last brought up to date for it.
    private var derivedRows = 0
    private var chores = [
        Chore(name: "fees", every: .seconds(60), isLeadersOnly: false) { try await $0.readFees($1) },
        Chore(name: "facts", every: .seconds(600), isLeadersOnly: false) { try await $0.readFacts($1) },
        Chore(name: "marks", every: .seconds(600), isLeadersOnly: false) { try await $0.readMarks($1) },
        Chore(name: "partitions", every: .seconds(3600), isLeadersOnly: true) { try await $0.maintainPartitions($1) },
        Chore(name: "hours", every: .seconds(60), isLeadersOnly: true) { try await $0.storeHours($1) },
        Chore(name: "rate views", every: .seconds(60), isLeadersOnly: true) { try await $0.refreshRateViews($1) },
        Chore(name: "past hours", every: .seconds(300), isLeadersOnly: true) { try await $0.derivePast($1) },
        Chore(name: "spread views", every: .seconds(3600), isLeadersOnly: true) { upkeep, _ in
            try await upkeep.stores.history.refreshStatistics()
            return nil
        },
    ]

    init(
        _ keeper: SpreadKeeper, _ stores: SpreadStores, election: LeaderElection, settings: LiveSettings,
        _ logger: Logger
    ) {
        self.keeper = keeper
        self.stores = stores
        self.election = election
        self.settings = settings
        self.logger = logger
    }

    func follow(_ update: MarketUpdate, in market: MarketState, at now: Date) async {
        if case .terms = update { haveTermsChanged = true }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.work()
                do { try await self.clock.sleep(for: Self.beat) } catch { break }
            }
        }
        await storeLastHours()
    }

    /// Does what is due, one after the other.
    private func work() async {
        if haveTermsChanged {
            haveTermsChanged = false
            for index in chores.indices where chores[index].name == "facts" { chores[index].isDueAt = clock.now }
        }
        for index in chores.indices where chores[index].isDueAt <= clock.now {
            let chore = chores[index]
            guard !chore.isLeadersOnly || election.token != nil else { continue }
            do {
                let rest = try await chore.body(self, Date())
                chores[index].isDueAt = clock.now + (rest ?? chore.every)
                chores[index].isFailing = false
            } catch {
                guard !Task.isCancelled else { return }
                if !chore.isFailing {
                    logger.warning("not kept up", metadata: ["what": "\(chore.name)", "error": "\(error)"])
                }
                chores[index].isDueAt = clock.now + Self.retry
                chores[index].isFailing = true
            }
        }
    }

    private var policy: SpreadPolicy { settings.current.settings.scanner.policy }

    // MARK: - Reading

    private func readFees(_ now: Date) async throws -> Duration? {
        await keeper.learn(try await stores.facts.fees())
        return nil
    }

    private func readFacts(_ now: Date) async throws -> Duration? {
        let since = now.addingTimeInterval(-policy.intervalChangeHours * 3600)
        await keeper.learn(try await stores.facts.facts(intervalChangesSince: since, now: now), at: now)
        return nil
    }

    private func readMarks(_ now: Date) async throws -> Duration? {
        let since = marksUntil.map { $0.addingTimeInterval(-Reach.overlap) } ?? now.addingTimeInterval(-Reach.past)
        var read = marks
        // A day at a time: a month of the whole market would be held twice.
        for start in stride(from: since, to: now, by: 86_400) {
            let end = min(start.addingTimeInterval(86_400), now)
            try await stores.facts.marks(after: start, upTo: end) { read.insert($2, of: $0, at: $1) }
        }
        read.evict(at: now)
        marks = read
        marksUntil = now
        await keeper.learn(marks)
        return nil
    }

    // MARK: - Writing

    private func maintainPartitions(_ now: Date) async throws -> Duration? {
        try await stores.history.maintainPartitions(
            from: now.addingTimeInterval(-Reach.past), to: now.addingTimeInterval(86_400))
        return nil
    }

    @discardableResult
    private func storeHours(_ now: Date) async throws -> Duration? {
        guard let leader = election.token else { return nil }
        // While they cannot be stored, the keeper holds an hour as one.
        if unstored.isEmpty { unstored = await keeper.takeHours(at: now) }
        try await stores.history.add(unstored, leader: leader)
        unstored = []
        return nil
    }

    private func refreshRateViews(_ now: Date) async throws -> Duration? {
        try await stores.history.refreshRateViews()
        return nil
    }

    /// Derives the hours that nobody observed, as before the first start or while no scanner ran, and again what was derived
    /// while their payments were still being filled in.
    ///
    /// A day at a time, the latest first; the other chores come between, and Postgres has as long a rest.
    private func derivePast(_ now: Date) async throws -> Duration? {
        let gaps = try await stores.history.gaps(
            from: now.addingTimeInterval(-Reach.past), to: now.addingTimeInterval(-Reach.settling))
        if let gap = gaps.last {
            let begun = clock.now
            derivedRows += try await stores.history.derive(gap, floorAPR: policy.carryFloorAPR)
            guard gaps.count == 1 else { return clock.now - begun }
        }
        guard derivedRows > 0 else { return nil }
        logger.info("past hours derived", metadata: ["rows": "\(derivedRows)"])
        derivedRows = 0
        try await stores.history.refreshStatistics()
        return nil
    }

    /// What was observed until the end is not lost with it.
    private func storeLastHours() async {
        do { try await storeHours(Date()) } catch {
            logger.warning("last hours not stored", metadata: ["error": "\(error)"])
        }
    }
}
