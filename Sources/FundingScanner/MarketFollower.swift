import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle

/// Keeps the market in memory, as a leader and as a standby alike: subscribes, reads the tables, applies what it heard
/// meanwhile; then follows the events, and looks at Postgres every few seconds in case some were missed.
///
/// Every change goes to all consumers before the next is applied, so all of them see the same order.
actor MarketFollower: Service {
    private enum Rhythm {
        static let beat = Duration.seconds(1)
        /// How far the scanner may fall behind while Redis is down.
        static let comparison = Duration.seconds(5)
        /// How long an event may take after the commit that it tells of.
        static let delivery = Duration.seconds(1)
        /// Unmoving facts of contracts (names, links) are in no event.
        static let reload = Duration.seconds(600)
    }

    private let rates: LiveRateStore
    private let redis: RedisConfiguration
    private let settings: LiveSettings
    private let consumers: [any MarketConsumer]
    private let logger: Logger
    private let clock = ContinuousClock()
    /// Events and looks at Postgres come at once; each has to be whole before the other.
    private let turn = Turn()
    private var market = MarketState()
    private let terms: TermsFollower
    private var isHearing = false
    private var isDatabaseAway = false

    /// - Parameter consumers: are told in this order.
    init(
        _ pool: PostgresPool, events: RedisConfiguration, settings: LiveSettings, consumers: [any MarketConsumer],
        _ logger: Logger
    ) {
        self.settings = settings
        rates = LiveRateStore(pool)
        redis = events
        terms = TermsFollower(TermsStore(pool), since: Date())
        self.consumers = consumers
        self.logger = logger
    }

    func run() async throws {
        let subscription = RedisSubscription(
            redis, name: "funding-scanner-events",
            channels: [Channels.contracts, Channels.settlements, Channels.settings],
            patterns: [Channels.allRates]
        )
        await cancelWhenGracefulShutdown {
            guard await self.begin() else { return }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await event in subscription.events { await self.handle(event.busEvent) } }
                group.addTask { await self.watch() }
                await group.next()
                group.cancelAll()
            }
        }
        await subscription.close()
    }

    // MARK: - Reading the tables

    /// Reads everything, however long Postgres takes to answer; false if told to end before.
    private func begin() async -> Bool {
        repeat {
            let isDone = await turn.with {
                await attempt {
                    try await self.settings.look()
                    try await self.load()
                    await self.tell(.began)
                }
            }
            guard !isDone else { break }
        } while await pause(Rhythm.beat)
        logger.info(
            "tables read",
            metadata: ["contracts": "\(market.allRates.count { _ in true })", "feeds": "\(market.feeds.count)"]
        )
        return !Task.isCancelled
    }

    @discardableResult
    private func load() async throws -> [FeedChange] {
        let (feeds, rates) = try await rates.load()
        let byFeed = Dictionary(grouping: rates, by: \.contract.feed)
        return feeds.compactMap { market.replace($0, with: byFeed[$0.feed] ?? []) }
    }

    /// Reads one feed anew. What events brought meanwhile is kept if it is newer.
    private func heal(_ feed: FeedID) async throws {
        let (feeds, rates) = try await rates.changes(of: feed, after: -1)
        guard let state = feeds.first(where: { $0.feed == feed }),
            let change = market.replace(state, with: rates)
        else { return }
        await tell(.rates(change))
    }

    /// What fails here is tried again at the next beat.
    /// - Returns: whether it did not.
    @discardableResult
    private func attempt(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            if isDatabaseAway { logger.notice("database back") }
            isDatabaseAway = false
            return true
        } catch {
            guard !Task.isCancelled else { return false }
            if !isDatabaseAway { logger.error("database out of reach", metadata: ["error": "\(error)"]) }
            isDatabaseAway = true
            return false
        }
    }

    // MARK: - Following

    private func handle(_ event: BusEvent) async {
        await turn.with {
            switch event {
            case .rates(let event): await follow(event)
            case .contracts(let event): await attempt { try await self.followTerms(hinted: event.feed) }
            case .settlements(let event): await tell(.settlements(event))
            case .settings: await attempt { try await self.settings.look() }
            case .backfill, .statistics, .arbitrage: break  // Not subscribed to.
            case .resynchronise(let reason):
                logger.info("following events", metadata: ["reason": "\(reason)"])
                isHearing = true
            case .interrupted(let reason):
                logger.warning("events interrupted, reading the tables instead", metadata: ["error": "\(reason)"])
                isHearing = false
            case .unreadable(let channel, let reason):
                logger.warning("unreadable event", metadata: ["channel": "\(channel)", "error": "\(reason)"])
            }
        }
        if case .resynchronise = event { await compare(patiently: false) }
    }

    private func follow(_ event: RatesEvent) async {
        switch market.apply(event) {
        case .applied(let change): await tell(.rates(change))
        case .duplicate: break
        case .gap: await attempt { try await self.heal(event.feed) }
        }
    }

    /// Reads what is new in the interval ledger. A contract's unmoving part may have changed with its terms, and no rates
    /// event carries it.
    private func followTerms(hinted feed: FeedID? = nil) async throws {
        let news = try await terms.news()
        for feed in Set(news.map(\.feed) + [feed].compactMap { $0 }) { try await heal(feed) }
        for event in news { await tell(.terms(event)) }
    }

    private func tell(_ update: MarketUpdate) async {
        for consumer in consumers { await consumer.follow(update, in: market, at: Date()) }
    }

    // MARK: - Looking at Postgres

    private func watch() async {
        var comparison = clock.now + Rhythm.comparison
        var reload = clock.now + Rhythm.reload
        while await pause(Rhythm.beat) {
            if clock.now >= reload {
                await turn.with {
                    await attempt { for change in try await self.load() { await self.tell(.rates(change)) } }
                }
                reload = clock.now + Rhythm.reload
            } else if clock.now >= comparison || isDatabaseAway {
                await compare(patiently: isHearing)
                comparison = clock.now + Rhythm.comparison
            }
            await turn.with { await tell(.beat) }
        }
    }

    /// Looks whether Postgres knows more than was heard.
    /// - Parameter patiently: what was just committed is given time to be heard of. Where streams write every second,
    ///   some event is nearly always on its way.
    private func compare(patiently: Bool) async {
        var behind: [FeedState] = []
        await turn.with {
            await attempt {
                let states = try await self.rates.feeds()
                let noted = self.market.note(states)
                if !noted.changed.isEmpty { await self.tell(.feeds(noted.changed)) }
                behind = states.filter { noted.behind.contains($0.feed) }
                try await self.followTerms()
                try await self.settings.look()
            }
        }
        guard !behind.isEmpty else { return }
        if patiently, await !pause(Rhythm.delivery) { return }
        for state in behind {
            await turn.with {
                guard market.isBehind(state) else { return }
                await attempt { try await self.heal(state.feed) }
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
}
