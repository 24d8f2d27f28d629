import Foundation
import FundingCore
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle
import TestSupport
import Testing

@testable import FundingScanner

@Suite(.needsServers, .timeLimit(.minutes(1)))
struct SpreadKeeperTests {
    /// Every pair stands three deviations out.
    private struct Judge: SpreadJudge {
        func judge(_ spreads: [FundingSpread], at now: Date) async -> [SpreadJudgement] {
            spreads.map { spread in
                SpreadJudgement(
                    statistics: SpreadStatistics(
                        dataPoints: 700, mean: 0, standardDeviation: spread.aprSpread / 3, zScore: 3, percentile: 99),
                    longZScore: -1, shortZScore: 1)
            }
        }
    }

    @Test func theLeaderWritesWhatTheMarketMakesOfItAndAStandbyNothing() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { owner in
                try await database.withPool(
                    as: "funding_scanner", onConnect: { try await SpreadStores.prepare($0) }
                ) { pool in
                    let redis = RedisConnection(try TestRedis.configuration(), name: "test")
                    let first = try Scanner(database, pool, redis)
                    let second = try Scanner(database, pool, redis)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        await first.run(in: &group)
                        try await eventually { first.election.token != nil }
                        await second.run(in: &group)
                        var market = Self.market(rate: 0.0010)
                        for scanner in [first, second] { await scanner.keeper.follow(.began, in: market, at: Date()) }
                        try await eventually { try await Self.rows(owner) == ["1>2 0.0001 0.001 3 t"] }

                        market = Self.market(rate: -0.0005)
                        await second.keeper.follow(Self.change, in: market, at: Date())
                        await first.keeper.follow(Self.change, in: market, at: Date())
                        try await eventually { try await Self.rows(owner) == ["2>1 -0.0005 0.0001 3 t"] }
                        #expect(try await OpportunityStore(pool).generation().number == 2, "one writes, once a change")

                        // Told again, nothing is another.
                        await first.keeper.follow(Self.change, in: market, at: Date())
                        market = Self.market(rate: 0.0002)
                        await first.keeper.follow(Self.change, in: market, at: Date())
                        try await eventually { try await Self.rows(owner) == ["1>2 0.0001 0.0002 3 t"] }
                        #expect(try await OpportunityStore(pool).generation().number == 3)
                        group.cancelAll()
                    }
                    await redis.close()
                }
            }
        }
    }

    @Test func contractsThatAreGoneFromTheTablesLeave() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(
                as: "funding_scanner", onConnect: { try await SpreadStores.prepare($0) }
            ) { pool in
                let redis = RedisConnection(try TestRedis.configuration(), name: "test")
                let scanner = try Scanner(database, pool, redis)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    await scanner.run(in: &group)
                    await scanner.keeper.follow(.began, in: Self.market(rate: 0.001), at: Date())
                    try await eventually { try await Self.rows(pool).count == 1 }
                    await scanner.keeper.follow(Self.change, in: Self.market(rate: nil), at: Date())
                    try await eventually { try await Self.rows(pool).isEmpty }
                    group.cancelAll()
                }
                await redis.close()
            }
        }
    }

    @Test func whatOperatorsDecideHoldsFromTheNextWriteOn() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { owner in
                try await database.withPool(
                    as: "funding_scanner", onConnect: { try await SpreadStores.prepare($0) }
                ) { pool in
                    let redis = RedisConnection(try TestRedis.configuration(), name: "test")
                    let scanner = try Scanner(database, pool, redis)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        await scanner.run(in: &group)
                        let market = Self.market(rate: 0.001)
                        await scanner.keeper.follow(.began, in: market, at: Date())
                        try await eventually { try await Self.worth(pool) == "168 unknown {}" }
                        let document = """
                            {"scanner": {"holding_hours": 100, "min_open_interest_usd": 2000000,
                             "fees": {"a": {"taker": 0.0005}, "b": {"taker": 0.0003}}}}
                            """
                        _ = try await SettingsStore(owner).save(
                            Array(document.utf8), expecting: nil, author: "test", reason: "test")
                        try await scanner.settings.look()
                        await scanner.keeper.follow(Self.change, in: market, at: Date())
                        try await eventually { try await Self.worth(pool) == "100 0.0016 {low_oi}" }
                        group.cancelAll()
                    }
                    await redis.close()
                }
            }
        }
    }

    /// How long the pair is held, what its four fills cost and what speaks against it.
    private static func worth(_ pool: PostgresPool) async throws -> String? {
        try await pool.query(
            """
            SELECT concat_ws(' ', holding_hours, coalesce(round(round_trip_fee::numeric, 6)::float8::text, 'unknown'),
                             risk_flags) AS worth FROM arbitrage_opportunities
            """
        ).first?.decode("worth")
    }

    private struct Scanner {
        let election: LeaderElection
        let settings: LiveSettings
        let keeper: SpreadKeeper

        init(_ database: TemporaryDatabase, _ pool: PostgresPool, _ redis: RedisConnection) throws {
            let logger = Logger(label: "test")
            election = LeaderElection(
                ScannerLease(try database.configuration(as: "funding_scanner"), holder: "test"), logger)
            settings = LiveSettings(SettingsStore(pool), logger)
            keeper = SpreadKeeper(
                SpreadStores(pool), judge: Judge(), election: election,
                settings: settings, events: EventPublisher(redis), logger)
        }

        func run(in group: inout ThrowingTaskGroup<Void, any Error>) async {
            await keeper.learn([:] as [ExchangeID: TradingFees])
            group.addTask { try await self.election.run() }
            group.addTask { try await self.keeper.run() }
            // As the follower does.
            group.addTask {
                while !Task.isCancelled {
                    await self.keeper.follow(.beat, in: MarketState(), at: Date())
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    private static let change = MarketUpdate.rates(
        FeedChange(
            feed: "b", exchange: "b", exchangeName: "B", batchID: "batch", observedAt: nil, changed: [], removed: []))

    /// BTC on two exchanges; `rate` is the second one's, nil if it does not list it.
    private static func market(rate: Double?) -> MarketState {
        var market = MarketState()
        for (id, exchange, rate) in [(1, "a", 0.0001), (2, "b", rate)] as [(Int, ExchangeID, Double?)] {
            let feed = FeedID(rawValue: exchange.rawValue)
            let state = FeedState(
                feed: feed, exchange: exchange, exchangeName: exchange.rawValue, kind: "cex", sequence: 1,
                pollPeriod: 30, status: .ok, lastSuccessAt: nil, observedAt: nil, consecutiveFailures: 0,
                errorKind: nil, contracts: 1, rejects: 0, duration: nil)
            let rates = rate.map { rate in
                LiveRate(
                    id: id,
                    contract: Contract(
                        exchange: exchange, feed: feed, symbol: "BTC\(id)", baseAsset: "BTC", quoteAsset: "USDT",
                        settleAsset: "USDT"),
                    fundingRate: rate, interval: .eightHours, isContinuous: false, nextFundingTime: nil, markPrice: 100,
                    indexPrice: nil, openInterest: OpenInterest(usd: 1e6), observedAt: Date(), isActive: true,
                    sequence: 1)
            }
            _ = market.replace(state, with: [rates].compactMap { $0 })
        }
        return market
    }

    private static func rows(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query(
            """
            SELECT concat_ws(' ', long_contract_id || '>' || short_contract_id, long_rate, short_rate, spread_zscore,
                             left(is_ranked::text, 1)) AS row FROM arbitrage_opportunities ORDER BY 1
            """
        ).map { try $0.decode("row") }
    }
}
