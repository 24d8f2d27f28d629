import Foundation
public import FundingCore
public import PostgresDriver

/// Puts one poll of one feed into Postgres: set-based, in one transaction, refused if the lease has passed on.
public struct SnapshotStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: its connections must have been prepared by `prepare`.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// To be run once on every new connection: the table that a poll is copied into lives as long as its session.
    public static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.script(pollRows)
    }

    package static let pollRows = """
        CREATE TEMPORARY TABLE poll_rows (
            symbol text NOT NULL, base_asset text, quote_asset text, settle_asset text, denomination double precision,
            contract_type text, market_type text, is_continuous boolean, listed_at timestamptz, trading_url text,
            funding_rate double precision, funding_interval_hours double precision, apr double precision,
            next_funding_time timestamptz, mark_price double precision, index_price double precision,
            open_interest_usd double precision, open_interest_raw double precision, open_interest_unit text,
            rate_cap double precision, rate_floor double precision,
            observed_at timestamptz, feed text, native_id text, is_on_path boolean
        ) ON COMMIT DELETE ROWS
        """

    /// What came of a write, to be published now that the rows are committed.
    public struct Outcome: Sendable {
        public var rates: RatesEvent
        /// Nil if no terms changed.
        public var contracts: ContractsEvent?
    }

    /// Stores a poll, or what a stream said.
    /// - Parameter published: the last sequence whose event is known to have been published.
    /// - Throws: `LeaseLost` if another collector has the feed; nothing is stored then.
    public func write(_ batch: SnapshotBatch, lease: FeedLeases.Lease, published: Int) async throws -> Outcome {
        try await pool.withTransaction(retries: 2) { connection in
            let sequence = try await claimSequence(batch, lease, published, connection)
            _ = try await connection.copyIn("COPY poll_rows FROM STDIN (FORMAT binary)", batch.copyRows())
            let results = try await connection.pipeline(Self.merges(batch, sequence))
            let isPoll = batch.source == .poll
            let rates = RatesEvent(
                feed: batch.feed, exchange: batch.exchange, exchangeName: batch.exchangeName, sequence: sequence,
                observedAt: batch.observedAt, batchID: batch.batchID,
                changed: try Self.changes(batch, merged: results[Place.rates]),
                absent: isPoll ? try results[Place.absent].map { try $0.decode("symbol") } : [],
                removed: isPoll ? try results[Place.retired].map { try $0.decode("symbol") } : [],
                isPartial: !isPoll
            )
            let terms = try results[Place.terms].map(TermsChange.init(row:))
            let retired = isPoll ? try results[Place.retired].map(TermsChange.init(retired:)) : []
            return Outcome(rates: rates, contracts: ContractsEvent(of: batch, terms + retired))
        }
    }

    /// What moved, in the order of the poll. Open interest is the row's: the poll may not have asked for it.
    private static func changes(_ batch: SnapshotBatch, merged: PostgresRows) throws -> [RateChange] {
        var openInterests: [String: OpenInterest?] = [:]
        for row in merged { openInterests.updateValue(try OpenInterest(row: row), forKey: try row.decode("symbol")) }
        return batch.snapshots.compactMap { snapshot in
            guard let openInterest = openInterests[snapshot.contract.symbol] else { return nil }
            var change = RateChange(of: snapshot)
            change.openInterest = openInterest
            // A stream's rows came one by one, some of them long before the newest.
            if batch.source == .stream { change.observedAt = snapshot.observedAt }
            return change
        }
    }

    /// The event of all writes that were committed but perhaps never published, as after a crash between the two. It
    /// tells of the rows that moved, each with its own time, and of all contracts that are not listed.
    public func unpublished(_ feed: FeedID) async throws -> RatesEvent? {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let health = try await connection.query(
                """
                SELECT exchange, exchange_name, rates_sequence, published_sequence, observed_at FROM exchange_health
                 WHERE feed = \(feed.rawValue) AND published_sequence < rates_sequence AND observed_at IS NOT NULL
                """
            )
            guard let health = health.first else { return nil }
            let published: Int = try health.decode("published_sequence")
            let rows = try await connection.query(
                """
                SELECT symbol, base_asset, funding_rate, funding_interval_hours, mark_price, index_price,
                       open_interest_usd, open_interest_raw, open_interest_unit, next_funding_time, observed_at
                  FROM exchange_data WHERE feed = \(feed.rawValue) AND sequence > \(published)
                """
            )
            let removed = try await connection.query(
                """
                SELECT d.symbol FROM exchange_data d JOIN contract_metadata m ON m.id = d.contract_id
                 WHERE d.feed = \(feed.rawValue) AND m.status <> 'active'
                """
            )
            return RatesEvent(
                feed: feed, exchange: ExchangeID(rawValue: try health.decode("exchange")),
                exchangeName: try health.decode("exchange_name"), sequence: try health.decode("rates_sequence"),
                observedAt: try health.decode("observed_at"), batchID: "recovered",
                changed: try rows.map { row in
                    var change = try RateChange(row: row)
                    change.observedAt = try row.decode("observed_at")
                    return change
                },
                removed: try removed.map { try $0.decode("symbol") }, isPartial: true
            )
        }
    }

    /// Remembers that the event of `sequence` went out.
    public func markPublished(_ feed: FeedID, _ sequence: Int) async throws {
        try await pool.query(
            """
            UPDATE exchange_health SET published_sequence = \(sequence)
             WHERE feed = \(feed.rawValue) AND published_sequence < \(sequence)
            """
        )
    }
}
