import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle

/// Keeps the picture of the market current: subscribes, reads the tables, applies what it heard meanwhile; then follows
/// the events, and looks at Postgres every few seconds in case some were missed.
///
/// The only writer of the picture. Each change is applied, drawn into the grid, shown and sent to the live clients
/// without a pause between, so that readers, however they read, see the same order.
actor ReadModel: Service {
    enum Rhythm {
        static let beat = Duration.seconds(1)
        /// How late health may learn that Postgres is gone.
        static let probe = Duration.milliseconds(500)
        /// How far the API may fall behind while Redis is down.
        static let comparison = Duration.seconds(5)
        /// How long an event may take after the commit that it tells of.
        static let delivery = Duration.seconds(1)
        /// Unmoving facts of contracts (names, links) are in no event.
        static let reload = Duration.seconds(600)
    }

    let stores: ReadStores
    private let events: RedisConfiguration
    let view: MarketView
    let live: LiveFeed
    private let health: HealthBoard
    let counters: ReadModelCounters
    let logger: Logger
    private let clock = ContinuousClock()
    private let thread = OwnThread(named: "market")
    var picture = MarketView.Picture()
    /// Of the settings that were read last; -1 before.
    var settingsRevision = -1
    private var isComparing = false
    private var trouble = ReadingTrouble()

    init(
        _ stores: ReadStores, events: RedisConfiguration, view: MarketView, live: LiveFeed, health: HealthBoard,
        counters: ReadModelCounters, _ logger: Logger
    ) {
        self.stores = stores
        self.events = events
        self.view = view
        self.live = live
        self.health = health
        self.counters = counters
        self.logger = logger
    }

    /// - Throws: `ConfigurationError` if the database's schema is not this build's.
    func run() async throws {
        let subscription = RedisSubscription(
            events, name: "funding-api-events",
            channels: [Channels.contracts, Channels.backfill, Channels.settings, Channels.statistics],
            patterns: [Channels.allRates]
        )
        do {
            try await cancelWhenGracefulShutdown {
                try await self.prepare()
                await self.follow(subscription)
            }
        } catch let error where error.isCancellation {
            logger.debug("ended before the tables were read")
        } catch {
            await subscription.close()
            throw error
        }
        await subscription.close()
    }

    /// Rates go to the live clients at once, whatever answers and lists of pairs are being made.
    private func follow(_ subscription: RedisSubscription) async {
        await withTaskExecutorPreference(thread) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await event in subscription.events { await self.handle(event.busEvent) } }
                group.addTask { await self.watch() }
                group.addTask { await self.probe() }
                group.addTask { await self.sweep() }
                group.addTask { await self.live.keepPace() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    // MARK: Reading the tables

    private func prepare() async throws {
        do {
            try await StartUp.waitForSchema(stores.pool, logger)
        } catch let mismatch as Schema.Mismatch {
            throw ConfigurationError([ConfigurationProblem("database", mismatch.description)])
        }
        while true {
            do {
                try await load()
                logger.info(
                    "tables read",
                    metadata: [
                        "contracts": "\(picture.market.allRates.count { _ in true })",
                        "feeds": "\(picture.market.feeds.count)",
                    ]
                )
                return
            } catch let error where error.isOutage {
                health.databaseFailed()
                try await Task.sleep(for: Rhythm.beat)
            }
        }
    }

    private func load() async throws {
        let (feeds, rates) = try await stores.rates.load()
        try await noteBeat()
        try await followSettings()
        let isFirst = !picture.isLoaded
        let byFeed = Dictionary(grouping: rates, by: \.contract.feed)
        for feed in feeds {
            let change = picture.market.replace(feed, with: byFeed[feed.feed] ?? [])
            if let change, !isFirst { publish(change) }
        }
        try await loadStatistics()
        guard isFirst else { return }
        let now = Date()
        picture.grid = GridDocument(picture.market, at: now)
        picture.changedAt = now
        picture.sequence = live.begin(with: picture.grid)
        picture.isLoaded = true
        view.show(picture)
    }

    /// Postgres has answered, and says when a collector was last alive.
    private func noteBeat() async throws {
        health.databaseAnswered(try await stores.heartbeats.lastBeat(of: "collector"))
        if trouble.noteAnswer() { logger.notice("database answers again") }
    }

    /// Reads one feed anew. What events brought meanwhile is kept if it is newer.
    private func heal(_ feed: FeedID) async throws {
        // From before the first poll: ages of rows that did not change are part of the truth as well.
        let (feeds, rates) = try await stores.rates.changes(of: feed, after: -1)
        guard let state = feeds.first(where: { $0.feed == feed }) else { return }
        guard let change = picture.market.replace(state, with: rates) else { return }
        counters.count(\.healed)
        publish(change)
    }

    // MARK: Following

    private func handle(_ event: BusEvent) async {
        switch event {
        case .rates(let event): await follow(event)
        case .resynchronise(let reason):
            logger.info("following events", metadata: ["reason": "\(reason)"])
            health.redisIsConnected(true)
            await compare()
        case .interrupted(let reason):
            logger.warning("events interrupted, reading the tables instead", metadata: ["error": "\(reason)"])
            health.redisIsConnected(false)
        case .unreadable(let channel, let reason):
            counters.count(\.unreadable)
            logger.warning("unreadable event", metadata: ["channel": "\(channel)", "error": "\(reason)"])
        case .contracts(let event): live.publish(event, at: Date())
        case .backfill(let event): live.publish(event, at: Date())
        case .settings(let event):
            live.publish(event, at: Date())
            await attempt { try await self.followSettings() }
        case .statistics(let event): await follow(event)
        case .settlements, .arbitrage: break  // Not subscribed to.
        }
    }

    private func follow(_ event: RatesEvent) async {
        switch picture.market.apply(event) {
        case .applied(let change):
            counters.count(\.applied)
            publish(change)
        case .duplicate:
            counters.count(\.duplicates)
        case .gap:
            // The other feeds' events must not wait for an outage to end: then the comparison finds what is missing.
            guard health.database.isConnected else { return }
            await attempt { try await self.heal(event.feed) }
        }
    }

    /// Looks at Postgres: every few seconds, and every second while it is out of reach.
    private func watch() async {
        var comparison = clock.now + Rhythm.comparison
        var reload = clock.now + Rhythm.reload
        while await pause(Rhythm.beat) {
            if clock.now >= reload {
                await attempt { try await self.load() }
                reload = clock.now + Rhythm.reload
            } else if clock.now >= comparison || !health.database.isConnected {
                await compare(patiently: health.isRedisConnected)
                comparison = clock.now + Rhythm.comparison
            }
        }
    }

    /// Asks Postgres for nothing but an answer, unless it is known to be out of reach: `watch` finds out when it is back.
    private func probe() async {
        while await pause(Rhythm.probe) {
            guard health.database.isConnected else { continue }
            await attempt {
                try await self.stores.pool.query("SELECT")
                self.health.probeAnswered()
            }
        }
    }

    /// Looks after what time alone makes another: ages, and clients that read too slowly.
    private func sweep() async {
        while await pause(Rhythm.beat) {
            live.relieve()
            let now = Date()
            let names = picture.grid.expired(at: now)
            for (id, name) in picture.market.exchanges where names.contains(name) {
                let delta = picture.grid.refresh(id, from: picture.market, at: now)
                show(live.publish(nil, delta, picture.grid, at: now), now)
            }
        }
    }

    /// Waits; false if it is time to end.
    private func pause(_ duration: Duration) async -> Bool {
        do {
            try await clock.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }

    /// Looks whether Postgres knows more than was heard.
    /// - Parameter patiently: what was just committed is given time to be heard of. Where streams write every second,
    ///   some event is nearly always on its way.
    private func compare(patiently: Bool = false) async {
        guard !isComparing else { return }
        isComparing = true
        var behind: [FeedState] = []
        var statistics = StatisticsState()
        await attempt {
            let states = try await self.stores.rates.feeds()
            try await self.noteBeat()
            try await self.followSettings()
            self.health.streamsFare(try await self.stores.streams.summaries())
            statistics = try await self.stores.statistics.state()
            let noted = self.picture.market.note(states)
            self.picture.market.statistics.note(statistics)
            self.view.show(self.picture)
            for state in noted.changed { self.live.publish(state, at: Date()) }
            behind = states.filter { noted.behind.contains($0.feed) }
        }
        isComparing = false
        guard !behind.isEmpty || picture.market.statistics.isBehind(statistics) else { return }
        if patiently, await !pause(Rhythm.delivery) { return }
        // A feed whose rows cannot be read holds up no other.
        for state in behind where health.database.isConnected && picture.market.isBehind(state) {
            await attempt { try await self.heal(state.feed) }
        }
        if picture.market.statistics.isBehind(statistics) {
            await attempt { try await self.healStatistics(statistics) }
        }
    }

    /// What fails here is tried again at the next beat; until then the last known state is served with its age.
    func attempt(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            guard !Task.isCancelled else { return }
            if error.isOutage { health.databaseFailed() }
            guard trouble.noteFailure(error) else { return }
            logger.error(
                error.isOutage ? "database out of reach, serving what is known" : "tables not read",
                metadata: ["error": "\(error)"])
        }
    }

    // MARK: Showing

    private func publish(_ change: FeedChange) {
        let now = Date()
        let delta = picture.grid.follow(change, in: picture.market, at: now)
        show(live.publish(change, delta, picture.grid, at: now), now)
    }

    func show(_ sequence: Int, _ now: Date) {
        picture.sequence = sequence
        picture.changedAt = now
        view.show(picture)
    }
}
