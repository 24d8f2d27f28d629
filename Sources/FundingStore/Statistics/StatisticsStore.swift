public import Foundation
public import FundingCore
public import PostgresDriver

/// Reads the windows that statistics are made of, and keeps `funding_statistics`.
public struct StatisticsStore: Sendable {
    let pool: PostgresPool

    /// - Parameter pool: to write, its connections must have been prepared by `prepare`.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// The settled payments of all contracts that fell due after a time. They are taken in the order in which the table
    /// has them, which is several times faster than any other, and sorted here.
    public func windows(after start: Date) async throws -> [Int: SlidingStatistics] {
        let intake = WindowIntake()
        try await pool.withConnection { connection in
            try await connection.copyOut("COPY (\(Self.windowRows(after: start))) TO STDOUT (FORMAT binary)") {
                try await intake.take($0)
            }
        }
        return await intake.windows()
    }

    /// A COPY takes no parameters, but a number of seconds can mean nothing else. In one line, as psql wants it.
    package static func windowRows(after start: Date) -> String {
        "SELECT contract_id, funding_time, funding_rate, funding_interval_hours FROM funding_rates_historical "
            + "WHERE funding_time > to_timestamp(\(Int(start.timeIntervalSince1970)))"
    }

    /// The same of some contracts. Those without any payment are there too, with an empty window.
    public func windows(of ids: [Int], after start: Date) async throws -> [Int: SlidingStatistics] {
        let rows = try await pool.query(
            """
            SELECT contract_id, funding_time, funding_rate, funding_interval_hours FROM funding_rates_historical
             WHERE contract_id = ANY (\(ids.map { Int32($0) })) AND funding_time > \(start)
            """
        )
        var payments = Dictionary(ids.map { ($0, [SlidingStatistics.Payment]()) }) { first, _ in first }
        for row in rows {
            let payment = try SlidingStatistics.Payment(
                fundingTime: row.decode(1), rate: row.decode(2), hours: row.decode(3))
            if let payment { payments[try row.decode(0), default: []].append(payment) }
        }
        return payments.mapValues(SlidingStatistics.init(payments:))
    }

    /// When the last payment of each contract fell due, of those that have been paid since a time: a look along the keys.
    public func lastFundingTimes(after start: Date) async throws -> [Int: Date] {
        let rows = try await pool.query(
            """
            SELECT m.id, last.funding_time
              FROM contract_metadata m
              CROSS JOIN LATERAL (
                   SELECT h.funding_time FROM funding_rates_historical h
                    WHERE h.contract_id = m.id AND h.funding_time > \(start)
                    ORDER BY h.funding_time DESC LIMIT 1
              ) AS last
            """
        )
        return Dictionary(try rows.map { (try $0.decode(0), try $0.decode(1)) }) { first, _ in first }
    }
}

/// Takes rows in as they arrive, so that at no time all of them are there in two forms.
private actor WindowIntake {
    private var reader = PostgresCopyReader(columns: 4)
    private var payments: [Int: [SlidingStatistics.Payment]] = [:]

    func take(_ chunk: [UInt8]) throws {
        try reader.read(chunk) { row throws(PostgresError) in
            let id = try row.integer()
            let payment = SlidingStatistics.Payment(
                fundingTime: try row.date(), rate: try row.double(), hours: try row.double())
            if let payment { payments[id, default: []].append(payment) }
        }
    }

    func windows() -> [Int: SlidingStatistics] {
        var windows: [Int: SlidingStatistics] = [:]
        windows.reserveCapacity(payments.count)
        while let (id, list) = payments.popFirst() { windows[id] = SlidingStatistics(payments: list) }
        return windows
    }
}

extension SlidingStatistics.Payment {
    /// Nil for what is no payment; an interval that is none cannot be in the table.
    fileprivate init?(fundingTime: Date, rate: Double, hours: Double) {
        guard let interval = FundingInterval(hours: hours) else { return nil }
        self.init(fundingTime: fundingTime, rate: rate, interval: interval)
    }
}
