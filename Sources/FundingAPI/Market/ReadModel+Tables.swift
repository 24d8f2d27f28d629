import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver

/// How the picture of the market is read from Postgres: whole at the start, then whatever the events did not bring.
extension ReadModel {
    func prepare() async throws {
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

    func load() async throws {
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
    func heal(_ feed: FeedID) async throws {
        // From before the first poll: ages of rows that did not change are part of the truth as well.
        let (feeds, rates) = try await stores.rates.changes(of: feed, after: -1)
        guard let state = feeds.first(where: { $0.feed == feed }) else { return }
        guard let change = picture.market.replace(state, with: rates) else { return }
        counters.count(\.healed)
        publish(change)
    }

    // MARK: Looking for what was missed

    /// Looks at Postgres: every few seconds, and every second while it is out of reach.
    func watch() async {
        var comparison = clock.now + Rhythm.comparison
        var reload = clock.now + Rhythm.reload
        var scoring = clock.now
        while await pause(Rhythm.beat) {
            if clock.now >= scoring, health.database.isConnected {
                await attempt { try await self.countPolls() }
                scoring = clock.now + Rhythm.scoring
            }
            if clock.now >= reload {
                await attempt { try await self.load() }
                reload = clock.now + Rhythm.reload
            } else if clock.now >= comparison || !health.database.isConnected {
                await compare(patiently: health.isRedisConnected)
                comparison = clock.now + Rhythm.comparison
            }
        }
    }

    private func countPolls() async throws {
        health.pollsFared(try await stores.cycles.tallies(since: Date().addingTimeInterval(-Rhythm.scoredTime)))
    }

    /// Asks Postgres for nothing but an answer, unless it is known to be out of reach: `watch` finds out when it is back.
    func probe() async {
        while await pause(Rhythm.probe) {
            guard health.database.isConnected else { continue }
            await attempt {
                try await self.stores.pool.query("SELECT")
                self.health.probeAnswered()
            }
        }
    }

    /// Looks whether Postgres knows more than was heard.
    /// - Parameter patiently: what was just committed is given time to be heard of. Where streams write every second,
    ///   some event is nearly always on its way.
    func compare(patiently: Bool = false) async {
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
}
