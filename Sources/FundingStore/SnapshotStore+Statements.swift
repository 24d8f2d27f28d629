import FundingCore
package import PostgresDriver

// The statements of one write, set-based, over the rows in `poll_rows`.

extension SnapshotStore {
    /// The fence: no row comes back if the token has grown since the lease was taken. How the feed fares is told by its
    /// polls alone.
    func claimSequence(
        _ batch: SnapshotBatch, _ lease: FeedLeases.Lease, _ published: Int, _ connection: PostgresConnection
    ) async throws -> Int {
        let claimed = try await connection.query(
            batch.source == .poll ? Self.claim(poll: batch, lease, published) : Self.claim(batch, lease, published)
        )
        guard let row = claimed.first else { throw LeaseLost(feed: batch.feed.rawValue) }
        return try row.decode("rates_sequence")
    }

    private static func claim(_ batch: SnapshotBatch, _ lease: FeedLeases.Lease, _ published: Int) -> PostgresQuery {
        """
        UPDATE exchange_health
           SET rates_sequence = rates_sequence + 1, published_sequence = greatest(published_sequence, \(published)),
               updated_at = now()
         WHERE feed = \(batch.feed.rawValue) AND lease_token = \(lease.token)
        RETURNING rates_sequence, \(LeasedWrites.mark(batch.feed.rawValue))
        """
    }

    private static func claim(poll batch: SnapshotBatch, _ lease: FeedLeases.Lease, _ published: Int) -> PostgresQuery {
        let status: FeedState.Status = batch.partError == nil ? .ok : .degraded
        return """
            UPDATE exchange_health
               SET rates_sequence = rates_sequence + 1,
                   published_sequence = greatest(published_sequence, \(published)),
                   status = \(status.rawValue), consecutive_failures = 0, retry_at = NULL,
                   last_success_at = now(), observed_at = \(batch.observedAt),
                   error_kind = \(batch.partError?.kind), error = \(batch.partError?.detail),
                   contracts = \(batch.snapshots.count), rejects = \(batch.rejects.count),
                   excluded = \(batch.excluded), duration_ms = \(batch.duration * 1000), updated_at = now()
             WHERE feed = \(batch.feed.rawValue) AND lease_token = \(lease.token)
            RETURNING rates_sequence, \(LeasedWrites.mark(batch.feed.rawValue))
            """
    }

    /// What is done with the rows in `poll_rows`, in this order. A stream's rows say nothing about other contracts.
    package static func merges(_ batch: SnapshotBatch, _ sequence: Int) -> [PostgresQuery] {
        var merges = [mergeContracts(batch), mergeTerms(batch), mergeRates(batch, sequence), extendPaths(batch)]
        if batch.source == .poll {
            merges += [countAbsence(batch), retireAbsent(batch), recordCycle(batch, sequence)]
        }
        if !batch.rejects.isEmpty { merges.append(recordRejects(batch)) }
        return merges
    }

    /// Where in `merges` the statements stand whose rows are read.
    enum Place {
        static let terms = 1
        static let rates = 2
        static let absent = 4
        static let retired = 5
    }

    private static func mergeContracts(_ batch: SnapshotBatch) -> PostgresQuery {
        """
        INSERT INTO contract_metadata AS m (
               exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type, market_type,
               funding_interval_hours, is_continuous, listed_at, first_seen_at, last_seen_at, trading_url,
               native_id)
        SELECT \(batch.exchange.rawValue), p.feed, p.symbol, p.base_asset, p.quote_asset, p.settle_asset, p.denomination,
               p.contract_type, p.market_type, p.funding_interval_hours, p.is_continuous, p.listed_at, p.observed_at,
               p.observed_at, p.trading_url, p.native_id
          FROM poll_rows p
          LEFT JOIN contract_metadata known
                 ON known.exchange = \(batch.exchange.rawValue) AND known.symbol = p.symbol
         WHERE known.id IS NULL
            OR (known.base_asset, known.quote_asset, known.settle_asset, known.denomination, known.contract_type,
                known.market_type, known.funding_interval_hours, known.is_continuous, known.trading_url,
                known.native_id, known.status, known.missed_polls)
               IS DISTINCT FROM
               (p.base_asset, p.quote_asset, p.settle_asset, p.denomination, p.contract_type, p.market_type,
                p.funding_interval_hours, p.is_continuous, p.trading_url, p.native_id, 'active', 0)
            OR known.last_seen_at < p.observed_at - interval '10 minutes'
        ON CONFLICT (exchange, symbol) DO UPDATE
           SET feed = excluded.feed, base_asset = excluded.base_asset, quote_asset = excluded.quote_asset,
               settle_asset = excluded.settle_asset, denomination = excluded.denomination,
               contract_type = excluded.contract_type, market_type = excluded.market_type,
               funding_interval_hours = excluded.funding_interval_hours, is_continuous = excluded.is_continuous,
               listed_at = coalesce(excluded.listed_at, m.listed_at), trading_url = excluded.trading_url,
               native_id = excluded.native_id, last_seen_at = excluded.last_seen_at, status = 'active', missed_polls = 0, missing_since = NULL
        """
    }

    /// The interval ledger: a row where the terms differ from the latest ones known. A limit that is not told this time
    /// is no change.
    private static func mergeTerms(_ batch: SnapshotBatch) -> PostgresQuery {
        """
        WITH changed AS (
            SELECT m.id, m.symbol, m.base_asset, p.observed_at, p.funding_interval_hours, p.rate_cap, p.rate_floor,
                   p.denomination, known.funding_interval_hours AS old_interval, known.rate_cap AS old_cap,
                   known.rate_floor AS old_floor, known.denomination AS old_denomination, known.status AS old_status
              FROM poll_rows p
              JOIN contract_metadata m ON m.exchange = \(batch.exchange.rawValue) AND m.symbol = p.symbol
              LEFT JOIN LATERAL (
                   SELECT * FROM contract_terms t WHERE t.contract_id = m.id ORDER BY t.valid_from DESC LIMIT 1
              ) known ON true
             WHERE (known.funding_interval_hours, known.rate_cap, known.rate_floor, known.denomination, known.status)
                   IS DISTINCT FROM
                   (p.funding_interval_hours, coalesce(p.rate_cap, known.rate_cap),
                    coalesce(p.rate_floor, known.rate_floor), p.denomination, 'active')
        ), written AS (
            INSERT INTO contract_terms (
                   contract_id, valid_from, funding_interval_hours, rate_cap, rate_floor, denomination, status)
            SELECT id, observed_at, funding_interval_hours, coalesce(rate_cap, old_cap),
                   coalesce(rate_floor, old_floor), denomination, 'active'
              FROM changed
            ON CONFLICT (contract_id, valid_from) DO NOTHING
        )
        SELECT symbol, base_asset, funding_interval_hours, coalesce(rate_cap, old_cap) AS rate_cap,
               coalesce(rate_floor, old_floor) AS rate_floor, denomination, old_interval, old_cap, old_floor,
               old_denomination, old_status
          FROM changed
        """
    }

    /// The path of predicted rates: a reading a contract and minute, the first that came.
    private static func extendPaths(_ batch: SnapshotBatch) -> PostgresQuery {
        """
        INSERT INTO streaming_data (
               contract_id, minute, observed_at, funding_rate, funding_interval_hours, next_funding_time, mark_price,
               index_price)
        SELECT m.id, date_trunc('minute', p.observed_at, 'UTC'), p.observed_at, p.funding_rate,
               p.funding_interval_hours, p.next_funding_time, p.mark_price, p.index_price
          FROM poll_rows p
          JOIN contract_metadata m ON m.exchange = \(batch.exchange.rawValue) AND m.symbol = p.symbol
         WHERE p.is_on_path
        ON CONFLICT (contract_id, minute) DO NOTHING
        """
    }

    /// Every row is touched, because its age is part of it; the sequence grows only where something else moved. Open
    /// interest that was not asked for this time keeps its last value and its own time. Returned are the rows that moved;
    /// of a stream all, since nothing else tells that their age begins anew.
    private static func mergeRates(_ batch: SnapshotBatch, _ sequence: Int) -> PostgresQuery {
        """
        WITH merged AS (
            INSERT INTO exchange_data AS d (
                   contract_id, exchange, symbol, feed, base_asset, quote_asset, funding_rate, funding_interval_hours,
                   apr, next_funding_time, mark_price, index_price, open_interest_usd, open_interest_raw,
                   open_interest_unit, open_interest_at, observed_at, sequence)
            SELECT m.id, m.exchange, m.symbol, m.feed, m.base_asset, m.quote_asset, p.funding_rate,
                   p.funding_interval_hours, p.apr, p.next_funding_time, p.mark_price, p.index_price,
                   p.open_interest_usd, p.open_interest_raw, p.open_interest_unit,
                   CASE WHEN coalesce(p.open_interest_usd, p.open_interest_raw) IS NOT NULL THEN p.observed_at END,
                   p.observed_at, \(sequence)
              FROM poll_rows p
              JOIN contract_metadata m ON m.exchange = \(batch.exchange.rawValue) AND m.symbol = p.symbol
            ON CONFLICT (contract_id) DO UPDATE
               SET feed = excluded.feed, base_asset = excluded.base_asset, quote_asset = excluded.quote_asset,
                   funding_rate = excluded.funding_rate, funding_interval_hours = excluded.funding_interval_hours,
                   apr = excluded.apr, next_funding_time = excluded.next_funding_time,
                   mark_price = excluded.mark_price, index_price = excluded.index_price,
                   open_interest_usd = coalesce(excluded.open_interest_usd, d.open_interest_usd),
                   open_interest_raw = coalesce(excluded.open_interest_raw, d.open_interest_raw),
                   open_interest_unit = coalesce(excluded.open_interest_unit, d.open_interest_unit),
                   open_interest_at = coalesce(excluded.open_interest_at, d.open_interest_at),
                   observed_at = excluded.observed_at,
                   sequence = CASE
                       WHEN (d.base_asset, d.quote_asset, d.funding_rate, d.funding_interval_hours,
                             d.next_funding_time, d.mark_price, d.index_price, d.open_interest_usd,
                             d.open_interest_raw, d.open_interest_unit)
                            IS DISTINCT FROM
                            (excluded.base_asset, excluded.quote_asset, excluded.funding_rate,
                             excluded.funding_interval_hours, excluded.next_funding_time, excluded.mark_price,
                             excluded.index_price, coalesce(excluded.open_interest_usd, d.open_interest_usd),
                             coalesce(excluded.open_interest_raw, d.open_interest_raw),
                             coalesce(excluded.open_interest_unit, d.open_interest_unit))
                            -- Back after an absence that may have ended its listing: its return alone is news.
                            OR d.observed_at <= excluded.observed_at - interval '10 minutes'
                       THEN excluded.sequence ELSE d.sequence END
            RETURNING d.symbol, d.open_interest_usd, d.open_interest_raw, d.open_interest_unit, d.sequence
        )
        SELECT symbol, open_interest_usd, open_interest_raw, open_interest_unit FROM merged WHERE sequence = \(sequence) OR \(batch.source == .stream)
        """
    }

    /// A contract missing from a complete poll is not delisted yet: answers lose rows now and then. One whose row could
    /// not be read is there all the same: it only ages.
    ///
    /// NOT IN is hashed whatever the statistics say; NOT EXISTS becomes a loop over both tables while they have none, as
    /// in a new database: 560 ms instead of 2 for 3,474 rows.
    private static func countAbsence(_ batch: SnapshotBatch) -> PostgresQuery {
        """
        WITH absent AS (
            SELECT m.id, m.symbol FROM contract_metadata m
             WHERE m.feed = \(batch.feed.rawValue) AND m.status = 'active'
               AND m.symbol NOT IN (SELECT p.symbol FROM poll_rows p)
        ), counted AS (
            UPDATE contract_metadata m
               SET missed_polls = m.missed_polls + 1, missing_since = coalesce(m.missing_since, \(batch.observedAt))
              FROM absent a
             WHERE \(batch.isComplete) AND m.id = a.id AND m.symbol <> ALL (\(batch.rejects.map(\.symbol)))
        )
        SELECT symbol FROM absent
        """
    }

    /// Three complete polls and ten minutes without a contract: it is no longer listed. Its history stays.
    private static func retireAbsent(_ batch: SnapshotBatch) -> PostgresQuery {
        """
        WITH retired AS (
            UPDATE contract_metadata m
               SET status = 'inactive'
             WHERE \(batch.isComplete) AND m.feed = \(batch.feed.rawValue) AND m.status = 'active'
               AND m.missed_polls >= 3 AND m.missing_since <= \(batch.observedAt) - interval '10 minutes'
               AND m.symbol <> ALL (\(batch.rejects.map(\.symbol)))
            RETURNING m.id, m.symbol, m.base_asset, m.funding_interval_hours, m.denomination
        ), ledger AS (
            INSERT INTO contract_terms (
                   contract_id, valid_from, funding_interval_hours, rate_cap, rate_floor, denomination, status)
            SELECT r.id, \(batch.observedAt), r.funding_interval_hours, t.rate_cap, t.rate_floor, r.denomination,
                   'inactive'
              FROM retired r
              -- What the terms were is no less known for that.
              LEFT JOIN LATERAL (
                   SELECT rate_cap, rate_floor FROM contract_terms
                    WHERE contract_id = r.id ORDER BY valid_from DESC LIMIT 1
              ) AS t ON true
            ON CONFLICT (contract_id, valid_from) DO NOTHING
        )
        SELECT symbol, base_asset, funding_interval_hours, denomination FROM retired
        """
    }

    private static func recordCycle(_ batch: SnapshotBatch, _ sequence: Int) -> PostgresQuery {
        let outcome = batch.snapshots.isEmpty ? "empty" : batch.partError == nil ? "success" : "partial"
        return """
            INSERT INTO collection_cycles (
                   batch_id, feed, started_at, duration_ms, outcome, contracts, changed, rejects, excluded, error_kind,
                   error)
            SELECT \(batch.batchID), \(batch.feed.rawValue), \(batch.startedAt), \(batch.duration * 1000), \(outcome),
                   \(batch.snapshots.count),
                   (SELECT count(*) FROM exchange_data
                     WHERE feed = \(batch.feed.rawValue) AND sequence = \(sequence)),
                   \(batch.rejects.count), \(batch.excluded), \(batch.partError?.kind), \(batch.partError?.detail)
            """
    }

    private static func recordRejects(_ batch: SnapshotBatch) -> PostgresQuery {
        """
        INSERT INTO collection_rejects AS r (feed, symbol, reason, occurrences, first_seen_at, last_seen_at)
        SELECT DISTINCT \(batch.feed.rawValue), reject.symbol, reject.reason, 1, \(batch.observedAt), \(batch.observedAt)
          FROM unnest(\(batch.rejects.map(\.symbol)), \(batch.rejects.map(\.reason))) AS reject (symbol, reason)
        ON CONFLICT (feed, symbol, reason) DO UPDATE
           SET occurrences = r.occurrences + 1, last_seen_at = excluded.last_seen_at
        """
    }
}
