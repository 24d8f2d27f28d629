import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import TestSupport

@testable import FundingScanner

/// A database with two contracts of ByBit, and scanners' statistics that a test starts and feeds by hand.
struct StatisticsStage: Sendable {
    /// With all rights.
    let owner: PostgresPool
    let history: HistoryStore
    private let database: TemporaryDatabase
    private let redis: RedisConnection
    /// Now, on the full hour: settled payments lie before it.
    let hour = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 3600).rounded(.down) * 3600)

    static func with(_ body: (StatisticsStage) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(onConnect: { try await HistoryStore.prepare($0) }) { owner in
                for symbol in ["BTCUSDT", "ETHUSDT"] {
                    try await owner.query(
                        """
                        INSERT INTO contract_metadata (
                               exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination,
                               contract_type, market_type, funding_interval_hours, first_seen_at, last_seen_at)
                        VALUES ('bybit', 'bybit', \(symbol), \(symbol), 'USDT', 'USDT', 1, 'linear', 'crypto', 8, now(),
                                now())
                        """
                    )
                }
                let redis = RedisConnection(try TestRedis.configuration(), name: "test")
                try await redis.waitUntilConnected(timeout: .seconds(10))
                try await body(
                    StatisticsStage(
                        owner: owner, history: HistoryStore(owner), database: database, redis: redis))
                await redis.close()
            }
        }
    }

    /// `count` payments, every eight hours up to the hour, of which the last is `back` hours ago.
    func points(_ count: Int, back: Double = 0, rate: Double = 1e-4) -> [SettledPoint] {
        (0..<count).reversed().map { place in
            point(Double(8 * place) + back, rate: rate * Double(place % 5 - 1))
        }
    }

    /// A payment so many hours ago.
    func point(_ hoursAgo: Double, rate: Double) -> SettledPoint {
        let time = hour - hoursAgo * 3600
        return SettledPoint(fundingTime: time, settledAt: time, fundingRate: rate, interval: .eightHours)
    }

    func pay(_ points: [SettledPoint], to id: Int = 1) async throws {
        _ = try await history.write(points.map { (contractID: id, point: $0) })
    }

    /// The market in which the two contracts have these rates.
    func market(_ rates: [Double], isActive: Bool = true) -> MarketState {
        var market = MarketState()
        let state = FeedState(
            feed: "bybit", exchange: "bybit", exchangeName: "ByBit", kind: "cex", sequence: 1, pollPeriod: 30,
            status: .ok, lastSuccessAt: hour, observedAt: hour, consecutiveFailures: 0, errorKind: nil, contracts: 2,
            rejects: 0, duration: nil)
        let rows = zip(["BTCUSDT", "ETHUSDT"], rates).enumerated().map { place, row in
            LiveRate(
                id: place + 1,
                contract: Contract(
                    exchange: "bybit", feed: "bybit", symbol: row.0, baseAsset: row.0, quoteAsset: "USDT",
                    settleAsset: "USDT"),
                fundingRate: row.1, interval: .eightHours, isContinuous: false, nextFundingTime: nil, markPrice: nil,
                indexPrice: nil, openInterest: nil, observedAt: hour, isActive: isActive, sequence: 1)
        }
        _ = market.replace(state, with: rows)
        return market
    }

    func change(_ market: MarketState, removed: [String] = []) -> MarketUpdate {
        .rates(
            FeedChange(
                feed: "bybit", exchange: "bybit", exchangeName: "ByBit", batchID: "", observedAt: hour,
                changed: market.allRates.filter(\.isActive).map(RateChange.init(of:)), removed: removed))
    }

    func settled(_ points: [SettledPoint], of symbol: String = "BTCUSDT") -> MarketUpdate {
        .settlements(
            SettlementsEvent(
                feed: "bybit", exchange: "bybit", exchangeName: "ByBit", writtenAt: hour,
                written: [
                    .init(
                        symbol: symbol, baseAsset: symbol, from: points[0].fundingTime,
                        to: points[points.count - 1].fundingTime, count: points.count)
                ]))
    }

    /// A scanner's statistics, alive while `body` runs.
    func withScanner(_ body: (StatisticsKeeper, LeaderElection) async throws -> Void) async throws {
        try await database.withPool(
            as: "funding_scanner", onConnect: { try await StatisticsStore.prepare($0) }
        ) { pool in
            let logger = Logger(label: "test")
            let keeper = StatisticsKeeper(StatisticsStore(pool), HistoryStore(pool), logger)
            let election = LeaderElection(
                ScannerLease(try database.configuration(as: "funding_scanner"), holder: "test"), logger)
            let service = StatisticsService(
                keeper, StatisticsStore(pool), PredictionStore(pool), EventPublisher(redis), election, logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await election.run() }
                group.addTask { try await service.run() }
                do { try await body(keeper, election) } catch {
                    group.cancelAll()
                    throw error
                }
                group.cancelAll()
            }
        }
    }

    /// A keeper that nobody writes for.
    func withKeeper(_ body: (StatisticsKeeper) async throws -> Void) async throws {
        try await database.withPool(as: "funding_scanner") { pool in
            try await body(StatisticsKeeper(StatisticsStore(pool), HistoryStore(pool), Logger(label: "test")))
        }
    }

    /// What is stored of a contract, and the write it came with.
    func stored(_ id: Int = 1) async throws -> (rate: Double, points: Int, zScore: Double?, sequence: Int)? {
        try await owner.query(
            "SELECT funding_rate, data_points, z_score, sequence FROM funding_statistics WHERE contract_id = \(id)"
        ).first.map { (try $0.decode(0), try $0.decode(1), try $0.decode(2), try $0.decode(3)) }
    }

    /// The sequence of the last write.
    func sequence() async throws -> Int {
        try await owner.query("SELECT sequence FROM statistics_state")[0].decode("sequence")
    }
}
