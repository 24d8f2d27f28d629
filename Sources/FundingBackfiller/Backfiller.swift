import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// The service: sweeps the window when it starts and at every full hour, follows new settlements in between, and works on
/// the jobs that are asked for.
struct Backfiller: Service {
    private enum Rhythm {
        static let beat = Duration.seconds(2)
        static let jobs = Duration.seconds(2)
        /// How long the first sweep waits for the collector to list the contracts of every feed.
        static let patience: TimeInterval = 60
        static let keptJobDays = 30
        /// What z-scores and means of spreads are made of.
        static let statisticsDays = 30
    }

    let fetchers: [HistoryFetcher]
    let stores: BackfillStores
    let runner: JobRunner
    let days: Int
    let gapsOnly: Bool
    let symbols: [String]?
    let keepsEverything: Bool
    /// Only the sweep, no settlements in between and no jobs.
    let onlySweeps: Bool
    let instance: String
    let logger: Logger
    private let startedAt = Date()

    init(
        _ fetchers: [HistoryFetcher], _ stores: BackfillStores, _ runner: JobRunner, _ settings: BackfillerSettings,
        onlySweeps: Bool, instance: String, _ logger: Logger
    ) {
        self.fetchers = fetchers
        self.stores = stores
        self.runner = runner
        days = settings.window.wholeDays
        gapsOnly = settings.gapsOnly
        symbols = settings.symbols
        keepsEverything = settings.keepsEverything
        self.onlySweeps = onlySweeps
        self.instance = instance
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await beat() }
                group.addTask { await sweepHourly() }
                group.addTask { await stores.announcer.run() }
                if !onlySweeps {
                    group.addTask { await workOnJobs() }
                    for fetcher in fetchers {
                        group.addTask { await SettlementFollower(fetcher, stores, logger).run() }
                    }
                }
            }
        }
        do {
            try await stores.heartbeats.remove(service: "backfiller", instance: instance)
        } catch {
            logger.debug("heartbeat not removed", metadata: ["error": "\(error)"])
        }
    }

    /// Repeats until cancelled; what goes wrong is said once and tried again.
    private func `repeat`(every pause: Duration, _ what: String, _ body: @Sendable () async throws -> Void) async {
        var lastTrouble = ""
        while !Task.isCancelled {
            do {
                try await body()
                lastTrouble = ""
            } catch {
                guard !Task.isCancelled else { return }
                if lastTrouble.isEmpty { logger.warning("\(what)", metadata: ["error": "\(error)"]) }
                lastTrouble = "\(error)"
            }
            do { try await ContinuousClock().sleep(for: pause) } catch { return }
        }
    }

    private func beat() async {
        await `repeat`(every: Rhythm.beat, "no heartbeat") {
            try await stores.heartbeats.beat(
                service: "backfiller", instance: instance, version: ServiceProcess.version, startedAt: startedAt
            )
            try await stores.locks.confirm()
        }
    }

    // MARK: - Jobs

    private func workOnJobs() async {
        await `repeat`(every: Rhythm.jobs, "jobs not looked for") {
            while let job = try await stores.jobs.claim(worker: instance, locks: stores.locks) {
                _ = try await runner.work(on: job, isOwn: false)
            }
        }
    }

    // MARK: - Sweeps

    private func sweepHourly() async {
        await waitForContracts()
        while !Task.isCancelled {
            do {
                try await sweep()
            } catch {
                guard !Task.isCancelled else { return }
                logger.error("sweep failed", metadata: ["error": "\(error)"])
            }
            do { try await ContinuousClock().sleep(for: untilNextSweep) } catch { return }
        }
    }

    private func sweep() async throws {
        let now = Date()
        try await stores.history.ensurePartitions(
            during: BackfillWindow.days(days).range(at: now).lowerBound...now.addingTimeInterval(3 * 86_400))
        let request = BackfillRequest(
            requestedBy: BackfillDesk.sweeper, days: days,
            exchanges: Array(Set(fetchers.map(\.adapter.profile.exchange))).sorted {
                $0.rawValue < $1.rawValue
            }, symbols: symbols, gapsOnly: gapsOnly
        )
        let job = try await stores.jobs.begin(request, worker: instance, locks: stores.locks)
        _ = try await runner.work(on: job, isOwn: true)
        try await stores.jobs.prune(olderThan: Rhythm.keptJobDays)
        let oldest = try await oldestKept(at: Date())
        let dropped = try await stores.history.dropPartitions(olderThan: keepsEverything ? nil : oldest)
        if !dropped.isEmpty { logger.notice("old history dropped", metadata: ["tables": "\(dropped)"]) }
        try await stores.history.refreshAnalytics()
    }

    /// The window and two days more, so that what a sweep fetches is not dropped before the next; never what the statistics
    /// of the last 30 days are made of; and what somebody asked for, for as long as the job is remembered.
    private func oldestKept(at now: Date) async throws -> Date {
        let usual = now.addingTimeInterval(-Double(max(days, Rhythm.statisticsDays)) * 86_400)
        let asked = try await stores.jobs.oldestAsked(openFor: Rhythm.keptJobDays) ?? usual
        return min(usual, asked).addingTimeInterval(-2 * 86_400)
    }

    /// The next full hour, and as long as the slowest exchange takes to publish.
    private var untilNextSweep: Duration {
        let delay = fetchers.map(\.adapter.profile.publicationDelay).max() ?? 60
        let now = Date().timeIntervalSince1970
        let hour = ((now - delay) / 3600).rounded(.down) * 3600 + 3600
        return .seconds(max(1, hour + delay - now))
    }

    /// The collector lists the contracts; on an empty database that takes it some seconds.
    private func waitForContracts() async {
        let deadline = Date().addingTimeInterval(Rhythm.patience)
        var said = false
        while !Task.isCancelled {
            do {
                let known = Set(try await stores.history.contracts(feeds: nil, symbols: nil).map(\.contract.feed))
                let missing = fetchers.map(\.adapter.profile.feed).filter { !known.contains($0) }
                if missing.isEmpty || (Date() > deadline && missing.count < fetchers.count) { return }
                if !said {
                    let feeds = missing.map(\.rawValue).joined(separator: ",")
                    logger.notice("waiting for the collector to list contracts", metadata: ["feeds": "\(feeds)"])
                }
                said = true
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("contracts not read", metadata: ["error": "\(error)"])
            }
            do { try await ContinuousClock().sleep(for: .seconds(1)) } catch { return }
        }
    }
}
