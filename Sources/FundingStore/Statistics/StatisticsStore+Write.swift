public import Foundation
public import FundingCore
public import PostgresDriver

extension StatisticsStore {
    /// A contract's row.
    public struct Row: Sendable {
        public var id: Int
        public var exchange: ExchangeID
        public var symbol: String
        public var baseAsset: String
        public var statistics: ContractStatistics

        public init(
            id: Int, exchange: ExchangeID, symbol: String, baseAsset: String, statistics: ContractStatistics
        ) {
            self.id = id
            self.exchange = exchange
            self.symbol = symbol
            self.baseAsset = baseAsset
            self.statistics = statistics
        }
    }

    /// How a run of the statistics went.
    public struct Run: Sendable {
        public var computedAt: Date
        /// When the run began, to tell what it took.
        public var begun: ContinuousClock.Instant
        /// Contracts with statistics.
        public var contracts: Int

        public init(computedAt: Date, begun: ContinuousClock.Instant, contracts: Int) {
            self.computedAt = computedAt
            self.begun = begun
            self.contracts = contracts
        }
    }

    /// To be run once on every new connection: the table that rows are copied into lives as long as its session.
    public static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.script(
            """
            CREATE TEMPORARY TABLE statistics_rows (
                contract_id integer NOT NULL, exchange text, symbol text, base_asset text, funding_rate double precision,
                funding_interval_hours double precision, data_points integer, expected_points integer, confidence text,
                zone text, mean_30d double precision, std_dev_30d double precision, median_30d double precision,
                min_30d double precision, max_30d double precision, median_deviation_30d double precision,
                z_score double precision, robust_z_score double precision, percentile double precision
            ) ON COMMIT DELETE ROWS
            """
        )
    }

    /// Stores the rows that differ from what is stored, drops those of contracts that are no longer listed, and remembers
    /// the run.
    /// - Returns: the event of what has changed, to be published now that it is committed; nil if nothing has.
    /// - Throws: `LeadershipLost` if another scanner leads; nothing is stored then.
    public func write(_ rows: [Row], _ run: Run, as leader: ScannerLease.Token) async throws -> StatisticsEvent? {
        try await pool.withTransaction(retries: 2) { connection in
            try await connection.proveLeadership(leader)
            let changed = try await merge(rows, at: run.computedAt, connection)
            let sequence = try await Self.claimSequence(connection, if: !changed.isEmpty)
            try await connection.query(
                """
                UPDATE statistics_state
                   SET last_run_at = \(run.computedAt), contracts = \(run.contracts)::integer,
                       changed = \(changed.count)::integer,
                       duration_ms = \((ContinuousClock.now - run.begun) / .milliseconds(1))
                """
            )
            guard !changed.isEmpty else { return nil }
            return StatisticsEvent(
                sequence: sequence, computedAt: run.computedAt,
                changed: rows.filter { changed.contains($0.id) }.map(StatisticsEvent.Changed.init)
            )
        }
    }

    /// - Returns: the contracts whose rows were changed.
    private func merge(_ rows: [Row], at time: Date, _ connection: PostgresConnection) async throws -> Set<Int> {
        var statements = [Self.dropUnlisted]
        if !rows.isEmpty {
            _ = try await connection.copyIn("COPY statistics_rows FROM STDIN (FORMAT binary)", Self.copyRows(rows))
            statements.append(Self.merge(at: time))
        }
        let results = try await connection.pipeline(statements)
        guard !rows.isEmpty else { return [] }
        return Set(try results[1].map { try $0.decode("contract_id") })
    }

    private static func copyRows(_ rows: [Row]) -> PostgresCopyRows {
        var copy = PostgresCopyRows(columns: 19, reservingRows: rows.count)
        for row in rows {
            let statistics = row.statistics
            copy.startRow()
            copy.append(Int32(row.id))
            copy.append(row.exchange.rawValue)
            copy.append(row.symbol)
            copy.append(row.baseAsset)
            copy.append(statistics.fundingRate)
            copy.append(statistics.interval.hours)
            copy.append(Int32(statistics.dataPoints))
            copy.append(Int32(statistics.expectedPoints))
            copy.append(statistics.confidence.rawValue)
            copy.append(statistics.zone.rawValue)
            copy.append(statistics.rates?.mean)
            copy.append(statistics.rates?.standardDeviation)
            copy.append(statistics.rates?.median)
            copy.append(statistics.rates?.lowest)
            copy.append(statistics.rates?.highest)
            copy.append(statistics.rates?.medianDeviation)
            copy.append(statistics.zScore)
            copy.append(statistics.robustZScore)
            copy.append(statistics.percentile)
        }
        return copy
    }

    /// A contract that was deleted meanwhile has no row.
    private static func merge(at time: Date) -> PostgresQuery {
        """
        INSERT INTO funding_statistics AS s (
               contract_id, exchange, symbol, base_asset, funding_rate, funding_interval_hours, data_points,
               expected_points, confidence, zone, mean_30d, std_dev_30d, median_30d, min_30d, max_30d,
               median_deviation_30d, z_score, robust_z_score, percentile, computed_at, sequence)
        SELECT r.*, \(time), (SELECT sequence + 1 FROM statistics_state)
          FROM statistics_rows r
          JOIN contract_metadata m ON m.id = r.contract_id AND m.status = 'active'
         ORDER BY r.contract_id
        ON CONFLICT (contract_id) DO UPDATE
           SET exchange = excluded.exchange, symbol = excluded.symbol, base_asset = excluded.base_asset,
               funding_rate = excluded.funding_rate, funding_interval_hours = excluded.funding_interval_hours,
               data_points = excluded.data_points, expected_points = excluded.expected_points,
               confidence = excluded.confidence, zone = excluded.zone, mean_30d = excluded.mean_30d,
               std_dev_30d = excluded.std_dev_30d, median_30d = excluded.median_30d, min_30d = excluded.min_30d,
               max_30d = excluded.max_30d, median_deviation_30d = excluded.median_deviation_30d,
               z_score = excluded.z_score, robust_z_score = excluded.robust_z_score, percentile = excluded.percentile,
               computed_at = excluded.computed_at, sequence = excluded.sequence
         WHERE (s.exchange, s.symbol, s.base_asset, s.funding_rate, s.funding_interval_hours, s.data_points,
                s.expected_points, s.confidence, s.zone, s.mean_30d, s.std_dev_30d, s.median_30d, s.min_30d, s.max_30d,
                s.median_deviation_30d, s.z_score, s.robust_z_score, s.percentile)
               IS DISTINCT FROM
               (excluded.exchange, excluded.symbol, excluded.base_asset, excluded.funding_rate,
                excluded.funding_interval_hours, excluded.data_points, excluded.expected_points, excluded.confidence,
                excluded.zone, excluded.mean_30d, excluded.std_dev_30d, excluded.median_30d, excluded.min_30d,
                excluded.max_30d, excluded.median_deviation_30d, excluded.z_score, excluded.robust_z_score,
                excluded.percentile)
        RETURNING contract_id
        """
    }

    private static let dropUnlisted: PostgresQuery = """
        DELETE FROM funding_statistics s USING contract_metadata m
         WHERE m.id = s.contract_id AND m.status <> 'active'
        """

    /// The number that the rows were merged with: nobody else writes while the lease is proved.
    private static func claimSequence(_ connection: PostgresConnection, if isNeeded: Bool) async throws -> Int {
        guard isNeeded else { return 0 }
        return try await connection.query(
            "UPDATE statistics_state SET sequence = sequence + 1 RETURNING sequence"
        )[0].decode("sequence")
    }
}

extension StatisticsEvent.Changed {
    fileprivate init(_ row: StatisticsStore.Row) {
        self.init(
            exchange: row.exchange, symbol: row.symbol, baseAsset: row.baseAsset, statistics: row.statistics)
    }
}
