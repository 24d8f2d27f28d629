import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport

/// A database with a few contracts and a store of history: what tests of the backfiller's tables start from.
struct HistoryBench: Sendable {
    let database: TemporaryDatabase
    /// With all rights.
    let owner: PostgresPool
    let pool: PostgresPool
    let store: HistoryStore
    /// 2026-10-31T00:00:00Z: the next day is of another month.
    static let start = Date(timeIntervalSince1970: 1_793_404_800)

    /// - Parameter symbols: of contracts of ByBit, with keys from 1; paid every eight hours.
    static func with(
        symbols: [String] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"], _ body: (HistoryBench) async throws -> Void
    ) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { owner in
                for symbol in symbols {
                    try await owner.query(
                        """
                        INSERT INTO contract_metadata (
                               exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination,
                               contract_type, market_type, funding_interval_hours, first_seen_at, last_seen_at)
                        VALUES ('bybit', 'bybit', \(symbol), 'X', 'USDT', 'USDT', 1, 'linear', 'crypto', 8, now(), now())
                        """
                    )
                }
                try await database.withPool(
                    as: "funding_backfiller", onConnect: { try await HistoryStore.prepare($0) }
                ) { pool in
                    try await body(
                        HistoryBench(database: database, owner: owner, pool: pool, store: HistoryStore(pool)))
                }
            }
        }
    }

    /// Hours after the start.
    static func time(_ hours: Double) -> Date { start.addingTimeInterval(hours * 3600) }

    static func point(
        _ hours: Double, rate: Double = 0.0001, every interval: FundingInterval = .eightHours, mark: Double? = 100
    ) -> SettledPoint {
        let slot = time(hours)
        return SettledPoint(
            fundingTime: slot, settledAt: slot.addingTimeInterval(0.25), fundingRate: rate, interval: interval,
            markPrice: mark)
    }

    /// Stores points of one contract.
    @discardableResult
    func write(_ points: [SettledPoint], of id: Int = 1) async throws -> HistoryStore.Written {
        try await store.write(points.map { (contractID: id, point: $0) })
    }

    /// All of history and coverage in one value.
    func tableHash() async throws -> String {
        try await owner.query(
            """
            SELECT md5(coalesce((SELECT string_agg(h::text, '|' ORDER BY contract_id, funding_time)
                                   FROM funding_rates_historical h), '')
                       || coalesce((SELECT string_agg(c::text, '|' ORDER BY contract_id, covered_from)
                                      FROM backfill_coverage c), '')) AS hash
            """
        )[0].decode("hash")
    }

    func coverage(of id: Int = 1) async throws -> [ClosedRange<Double>] {
        try await owner.query(
            "SELECT covered_from, covered_to FROM backfill_coverage WHERE contract_id = \(id) ORDER BY covered_from"
        ).map { row in
            let (from, to): (Date, Date) = (try row.decode(0), try row.decode(1))
            return (from.timeIntervalSince(Self.start) / 3600)...(to.timeIntervalSince(Self.start) / 3600)
        }
    }
}
