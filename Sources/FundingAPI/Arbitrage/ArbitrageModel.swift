import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle

/// Keeps the list of pairs current, as `ReadModel` does the rates: subscribes, reads the table, applies what it heard
/// meanwhile; then follows the events, and looks at Postgres every few seconds in case some were missed.
///
/// The only writer of its view. It has a subscription of its own: thousands of pairs may move at once, and rates do not
/// wait for them.
actor ArbitrageModel: Service {
    private enum Rhythm {
        static let beat = Duration.seconds(1)
        /// How far the list may fall behind while Redis is down.
        static let comparison = Duration.seconds(2)
        /// How long an event may take after the commit that it tells of.
        static let delivery = Duration.seconds(1)
    }

    private let reader: OpportunityReader
    private let heartbeats: HeartbeatStore
    private let events: RedisConfiguration
    private let view: ArbitrageView
    private let market: MarketView
    private let live: LiveFeed
    private let logger: Logger
    private let clock = ContinuousClock()
    private var picture = ArbitrageView.Picture()
    private var isRedisConnected = false
    private var isFailing = false
    private var isComparing = false

    /// - Parameter market: the live clients are told of pairs with what is known of their legs.
    init(
        _ pool: PostgresPool, events: RedisConfiguration, view: ArbitrageView, market: MarketView, live: LiveFeed,
        _ logger: Logger
    ) {
        reader = OpportunityReader(pool)
        heartbeats = HeartbeatStore(pool)
        self.events = events
        self.view = view
        self.market = market
        self.live = live
        self.logger = logger
    }

    func run() async throws {
        let subscription = RedisSubscription(
            events, name: "funding-api-arbitrage", channels: [Channels.arbitrage], patterns: [])
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await event in subscription.events { await self.handle(event.busEvent) } }
                group.addTask { await self.watch() }
                group.addTask { await self.live.tellPairs() }
                await group.next()
                group.cancelAll()
            }
        }
        await subscription.close()
    }

    // MARK: - Following

    private func handle(_ event: BusEvent) async {
        switch event {
        case .arbitrage(let event): await follow(event)
        case .resynchronise:
            isRedisConnected = true
            await compare()
        case .interrupted: isRedisConnected = false
        case .unreadable(let channel, let reason):
            logger.warning("unreadable event", metadata: ["channel": "\(channel)", "error": "\(reason)"])
        case .rates, .contracts, .settlements, .settings, .backfill, .statistics: break  // Not subscribed to.
        }
    }

    private func follow(_ event: ArbitrageEvent) async {
        switch picture.list.apply(event) {
        case .applied: show()
        case .duplicate: break
        case .gap: await attempt { try await self.heal() }
        }
    }

    private func watch() async {
        var comparison = clock.now
        while true {
            if clock.now >= comparison || isFailing {
                await compare(patiently: isRedisConnected && picture.isLoaded)
                comparison = clock.now + Rhythm.comparison
            }
            do { try await clock.sleep(for: Rhythm.beat) } catch { return }
        }
    }

    // MARK: - Postgres

    /// Looks whether Postgres knows more than was heard, and whether a scanner lives.
    /// - Parameter patiently: what was just committed is given time to be heard of.
    private func compare(patiently: Bool = false) async {
        guard !isComparing else { return }
        isComparing = true
        defer { isComparing = false }
        await attempt {
            let beat = try await self.heartbeats.lastBeat(of: "scanner")
            let progress = try await self.reader.progress()
            self.noteBeat(beat)
            guard self.picture.list.isBehind(progress) else { return }
            if patiently { try await self.clock.sleep(for: Rhythm.delivery) }
            guard self.picture.list.isBehind(progress) else { return }
            try await self.heal()
        }
    }

    private func noteBeat(_ beat: Date?) {
        picture.scannerBeatAt = beat
        show()
    }

    /// Reads what is not known. What events brought meanwhile is kept if it is newer.
    private func heal() async throws {
        let progress = try await reader.progress()
        if let known = picture.list.known(against: progress) {
            let reading = try await reader.changes(after: known)
            // Events may have led further while it was read; then there is nothing to heal.
            if picture.list.heal(reading.progress, changed: reading.changed, listed: reading.listed) { show() }
        } else {
            let isFirst = !picture.isLoaded
            let reading = try await reader.load()
            guard picture.list.replace(reading.progress, with: reading.rows) else { return }
            if isFirst { logger.info("pairs read", metadata: ["pairs": "\(reading.rows.count)"]) }
            show()
        }
    }

    /// What fails here is tried again at the next beat; until then the last known list is served with its age.
    private func attempt(_ body: () async throws -> Void) async {
        do {
            try await body()
            if isFailing { logger.notice("pairs read again") }
            isFailing = false
        } catch {
            guard !Task.isCancelled else { return }
            if !isFailing { logger.warning("pairs not read", metadata: ["error": "\(error)"]) }
            isFailing = true
        }
    }

    private func show() {
        view.show(picture)
        if let moment { live.show(moment) }
    }

    /// Nil until the market is known, which has the exchanges' names.
    private var moment: OpportunityMoment? {
        let market = market.shared
        return picture.isLoaded && market.picture.isLoaded ? OpportunityMoment(picture, market, at: Date()) : nil
    }
}
