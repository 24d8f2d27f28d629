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
        /// A poll more or less among some thousands moves no score.
        static let scoring = Duration.seconds(60)
        static let scoredTime: TimeInterval = 86_400
        /// Unmoving facts of contracts (names, links) are in no event.
        static let reload = Duration.seconds(600)
    }

    let stores: ReadStores
    private let events: RedisConfiguration
    let view: MarketView
    let live: LiveFeed
    let health: HealthBoard
    let counters: ReadModelCounters
    let logger: Logger
    let clock = ContinuousClock()
    private let thread = OwnThread(named: "market")
    var picture = MarketView.Picture()
    /// Of the settings that were read last; -1 before.
    var settingsRevision = -1
    /// Postgres is being asked what was missed.
    var isComparing = false
    var trouble = ReadingTrouble()

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
    func pause(_ duration: Duration) async -> Bool {
        do {
            try await clock.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }

    // MARK: Showing

    func publish(_ change: FeedChange) {
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
