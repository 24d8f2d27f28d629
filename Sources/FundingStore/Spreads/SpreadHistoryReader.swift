public import Foundation
public import FundingCore
public import PostgresDriver

/// Reads `arbitrage_spreads`, the hourly history of pairs.
public struct SpreadHistoryReader: Sendable {
    /// What the hours of a pair that are kept add up to: a row of `mv_arbitrage_spread_stats`, in percent a year, with
    /// the sign of the stored direction.
    public struct Summary: Sendable {
        public var dataPoints: Int
        public var mean: Double
        /// Of a sample; nil for a single hour.
        public var standardDeviation: Double?
        public var lowest: Double
        public var highest: Double
        public var median: Double
        public var lastBucket: Date
    }

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// The hours of two contracts, whichever is long, that began in a stretch of time; ascending.
    public func hours(of one: Int, and other: Int, during time: Range<Date>) async throws -> [SpreadHour] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM arbitrage_spreads s
             WHERE contract_a = \(Int32(min(one, other))) AND contract_b = \(Int32(max(one, other)))
               AND bucket >= \(time.lowerBound) AND bucket < \(time.upperBound)
             ORDER BY bucket
            """
        ).map(SpreadHour.init(row:))
    }

    /// What all hours of two contracts add up to, as of the last full hour or so; nil if there are none.
    public func summary(of one: Int, and other: Int) async throws -> Summary? {
        try await pool.query(
            """
            SELECT data_points, mean, std_dev, min, max, p50, last_bucket FROM mv_arbitrage_spread_stats
             WHERE contract_a = \(Int32(min(one, other))) AND contract_b = \(Int32(max(one, other)))
            """
        ).first.map { row in
            Summary(
                dataPoints: try row.decode("data_points"), mean: try row.decode("mean"),
                standardDeviation: try row.decode("std_dev"), lowest: try row.decode("min"),
                highest: try row.decode("max"), median: try row.decode("p50"), lastBucket: try row.decode("last_bucket")
            )
        }
    }

    /// The hours of all pairs of an asset that began in a stretch of time, with their contracts; ascending by time.
    /// - Parameter contracts: the asset's, by id.
    public func hours(ofContracts contracts: [Int], during time: Range<Date>) async throws -> [SpreadHour] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM arbitrage_spreads s
             WHERE contract_a = ANY(\(contracts.map(Int32.init))) AND contract_b = ANY(\(contracts.map(Int32.init)))
               AND bucket >= \(time.lowerBound) AND bucket < \(time.upperBound)
             ORDER BY bucket, contract_a, contract_b
            """
        ).map(SpreadHour.init(row:))
    }

    private static let columns: PostgresQuery =
        "contract_a, contract_b, bucket, open, high, low, close, average, rate_a, rate_b, seconds"
}

extension SpreadHour {
    fileprivate init(row: PostgresRow) throws {
        self.init(
            a: try row.decode(0), b: try row.decode(1), bucket: try row.decode(2), open: try row.decode(3),
            high: try row.decode(4), low: try row.decode(5), close: try row.decode(6), average: try row.decode(7),
            rateA: try row.decode(8), rateB: try row.decode(9), seconds: try row.decode(10))
    }
}
