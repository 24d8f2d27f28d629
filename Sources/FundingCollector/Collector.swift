import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// Shares the feeds with other collectors by leases, and runs a poller for every feed it holds.
actor Collector: Service {
    /// The rhythm of heartbeats and leases: a dead collector's feeds are taken over at the next beat.
    private enum Rhythm {
        static let beat = Duration.seconds(2)
        static let prune = Duration.seconds(3600)
        static let pruneAgain = Duration.seconds(60)
        static let keptDays = 7
    }

    private struct Running {
        var lease: FeedLeases.Lease
        var task: Task<Void, Never>
    }

    private let runners: [FeedID: FeedRunner]
    private let leases: FeedLeases
    private let stores: CollectorStores
    private let instance: String
    private let logger: Logger
    private let startedAt = Date()
    private var running: [FeedID: Running] = [:]
    private var lastTrouble = ""

    init(
        _ runners: [FeedID: FeedRunner], _ leases: FeedLeases, _ stores: CollectorStores, instance: String,
        _ logger: Logger
    ) {
        self.runners = runners
        self.leases = leases
        self.stores = stores
        self.instance = instance
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.beat() }
        await end()
    }

    /// A line on how it stands.
    var status: String {
        guard lastTrouble.isEmpty else { return "waiting for the database, nothing is polled" }
        return "\(running.count) of \(runners.count) feeds are polled here"
    }

    /// Beats until cancelled.
    private func beat() async {
        let clock = ContinuousClock()
        var pruneAt = clock.now
        while !Task.isCancelled {
            do {
                if clock.now >= pruneAt {
                    // First: what the runners write needs today's tables.
                    pruneAt = clock.now + (await keepHouse() ? Rhythm.prune : Rhythm.pruneAgain)
                }
                try await share()
            } catch {
                await standBack(error)
            }
            do { try await clock.sleep(for: Rhythm.beat) } catch { return }
        }
    }

    /// Makes the tables of the days to come and drops what is old. Polling does not depend on it: there are tables for
    /// today, and somebody who reads an old one for long, as a backup does, keeps it from being dropped.
    /// - Returns: whether it is done.
    private func keepHouse() async -> Bool {
        do {
            try await stores.streams.maintainPaths(at: Date(), keptDays: StreamStore.keptDays)
            try await stores.health.prune(olderThan: Rhythm.keptDays)
            return true
        } catch {
            if !Task.isCancelled {
                logger.warning("old rows not dropped, trying again", metadata: ["error": "\(error)"])
            }
            return false
        }
    }

    /// One beat: prove that we live and hold our leases, then take or give back feeds.
    private func share() async throws {
        try await stores.heartbeats.beat(
            service: "collector", instance: instance, version: ServiceProcess.version, startedAt: startedAt
        )
        let collectors = try await leases.confirm()
        try await dropEnded()
        if !lastTrouble.isEmpty {
            logger.notice("database back")
            lastTrouble = ""
        }
        switch LeaseShare.step(held: running.count, feeds: runners.count, collectors: collectors) {
        case .keep: break
        case .take(let count): try await take(count)
        case .giveBack(let count): try await giveBack(count)
        }
    }

    private func take(_ count: Int) async throws {
        var wanted = count
        for feed in runners.keys.filter({ running[$0] == nil }).shuffled() where wanted > 0 {
            guard let runner = runners[feed], let lease = try await leases.take(feed) else { continue }
            wanted -= 1
            logger.info("lease taken", metadata: ["feed": "\(feed)", "token": "\(lease.token)"])
            running[feed] = Running(lease: lease, task: Task { await runner.run(lease) })
        }
    }

    private func giveBack(_ count: Int) async throws {
        for feed in running.keys.sorted(by: { $0.rawValue < $1.rawValue }).suffix(count) {
            await stop(feed)
            try await stores.streams.forget(feed, instance: instance)
            try await leases.giveBack(feed)
            logger.info("lease given back", metadata: ["feed": "\(feed)"])
        }
    }

    /// A runner that ended by itself has met a newer token; whoever holds the feed now, we do not.
    private func dropEnded() async throws {
        let held = await leases.leases
        for (feed, runner) in running where held[feed] != runner.lease {
            await stop(feed)
            try await stores.streams.forget(feed, instance: instance)
        }
    }

    /// Postgres cannot be reached: leases are void with their session, so nothing may be polled until it is back.
    private func standBack(_ error: any Error) async {
        guard !Task.isCancelled else { return }
        if lastTrouble.isEmpty { logger.error("database out of reach, polling stops", metadata: ["error": "\(error)"]) }
        lastTrouble = "\(error)"
        await leases.close()
        for feed in Array(running.keys) { await stop(feed) }
    }

    private func stop(_ feed: FeedID) async {
        guard let runner = running.removeValue(forKey: feed) else { return }
        runner.task.cancel()
        await runner.task.value
    }

    private func end() async {
        for runner in running.values { runner.task.cancel() }
        for feed in Array(running.keys) { await stop(feed) }
        await leases.close()
        do {
            try await stores.heartbeats.remove(service: "collector", instance: instance)
            // Not the runners' part: they are cancelled by now, and what is cancelled reaches no database.
            try await stores.streams.forget(instance: instance)
        } catch {
            logger.debug("heartbeat and connections not removed", metadata: ["error": "\(error)"])
        }
    }
}
