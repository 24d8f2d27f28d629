import Foundation
import FundingCore
import PostgresDriver

/// Live rates: whichever was observed last stands, and the other's values do not come back.
///
/// The feeds that a file changes count it as one poll whose event went out. Whoever follows such a feed finds its
/// sequence ahead, or a gap before the next event, and reads the changed rows from the table.
struct LiveTarget: TransferTarget {
    static let kind = TransferKind.live
    static let key = "contract_id"
    static let stagingColumns = 13
    static let staging = """
        line bigint, contract_id integer, funding_rate double precision, funding_interval_hours double precision,
        apr double precision, next_funding_time timestamptz, mark_price double precision,
        index_price double precision, open_interest_usd double precision, open_interest_at timestamptz,
        observed_at timestamptz, open_interest_raw double precision, open_interest_unit text
        """
    /// How far a file's APR may be from ours: it repeats the rate, and tells whether it is a fraction or in percent.
    private static let aprTolerance = 1e-6

    private var keys: ContractKeys

    init(_ connection: PostgresConnection) async throws { keys = try await ContractKeys(connection) }

    mutating func stage(
        _ record: CSVRecord, _ reader: RowReader, into rows: inout PostgresCopyRows
    ) throws(RowFault) {
        let contract = try keys.key(record, reader)
        let rate = try reader.present(reader.number(2, of: record), 2)
        guard abs(rate) <= Plausibility.highestRate else {
            throw reader.expected("a fraction within ±\(Plausibility.highestRate)", 2, "\(rate)")
        }
        let interval = try reader.interval(3, of: record)
        let apr = Annualising.apr(of: rate, every: interval)
        let stated = try reader.present(reader.number(4, of: record), 4)
        guard abs(stated - apr) <= Self.aprTolerance * max(1, abs(apr)) else {
            throw reader.expected("\(apr), as the rate and the interval give", 4, "\(stated)")
        }
        let nextFundingTime = try reader.time(5, of: record)
        let markPrice = try reader.number(6, of: record)
        let indexPrice = try reader.number(7, of: record)
        if let markPrice, markPrice <= 0 { throw reader.expected("more than zero", 6, "\(markPrice)") }
        if let indexPrice, indexPrice <= 0 { throw reader.expected("more than zero", 7, "\(indexPrice)") }
        let openInterest = try reader.number(8, of: record)
        if let openInterest, openInterest < 0 { throw reader.expected("zero or more", 8, "\(openInterest)") }
        let openInterestAt = try reader.time(9, of: record)
        let observedAt = try reader.present(reader.time(10, of: record), 10)
        let raw = try reader.number(11, of: record)
        if let raw, raw < 0 { throw reader.expected("zero or more", 11, "\(raw)") }
        let unit = raw == nil ? nil : try reader.word(12, of: record, as: OpenInterest.Unit.self)
        rows.startRow()
        rows.append(Int64(record.line))
        rows.append(contract)
        rows.append(rate)
        rows.append(interval.hours)
        rows.append(apr)
        rows.append(nextFundingTime)
        rows.append(markPrice)
        rows.append(indexPrice)
        rows.append(openInterest)
        rows.append(openInterest == nil && raw == nil ? nil : openInterestAt ?? observedAt)
        rows.append(observedAt)
        rows.append(raw)
        rows.append(unit?.rawValue)
    }

    func merge(_ connection: PostgresConnection) async throws -> (inserted: Int, updated: Int) {
        _ = try await connection.pipeline([Self.registerFeeds, Self.lockFeeds])
        // Only now does what the table holds stand still.
        let results = try await connection.pipeline([
            Self.dropOldNews, Self.countPoll, Self.update, Self.insert, Self.describeUnpolled,
        ])
        return (results[3].affected, results[2].affected)
    }

    /// What the name and kind of a feed are, its collector says when it first runs.
    private static let registerFeeds: PostgresQuery = """
        INSERT INTO exchange_health (feed, exchange, exchange_name, kind)
        SELECT DISTINCT ON (m.feed) m.feed, m.exchange, m.exchange, 'cex'
          FROM transfer_rows t
          JOIN contract_metadata m ON m.id = t.contract_id
         ORDER BY m.feed
        ON CONFLICT (feed) DO NOTHING
        """

    private static let lockFeeds: PostgresQuery = """
        SELECT feed FROM exchange_health
         WHERE feed IN (SELECT m.feed FROM transfer_rows t JOIN contract_metadata m ON m.id = t.contract_id)
         ORDER BY feed
           FOR UPDATE
        """

    /// Leaves the rows that are new or say something new.
    private static let dropOldNews: PostgresQuery = """
        DELETE FROM transfer_rows t
         USING exchange_data d
         WHERE d.contract_id = t.contract_id
           AND (t.observed_at < d.observed_at
                OR (d.funding_rate, d.funding_interval_hours, d.apr, d.next_funding_time, d.mark_price, d.index_price,
                    d.open_interest_usd, d.open_interest_raw, d.open_interest_unit, d.open_interest_at, d.observed_at)
                   IS NOT DISTINCT FROM
                   (t.funding_rate, t.funding_interval_hours, t.apr,
                    coalesce(t.next_funding_time, d.next_funding_time), coalesce(t.mark_price, d.mark_price),
                    coalesce(t.index_price, d.index_price), coalesce(t.open_interest_usd, d.open_interest_usd),
                    coalesce(t.open_interest_raw, d.open_interest_raw),
                    coalesce(t.open_interest_unit, d.open_interest_unit),
                    coalesce(t.open_interest_at, d.open_interest_at), t.observed_at))
        """

    private static let countPoll: PostgresQuery = """
        UPDATE exchange_health
           SET rates_sequence = rates_sequence + 1, published_sequence = rates_sequence + 1, updated_at = now()
         WHERE feed IN (SELECT m.feed FROM transfer_rows t JOIN contract_metadata m ON m.id = t.contract_id)
        """

    private static let update: PostgresQuery = """
        UPDATE exchange_data d
           SET feed = m.feed, base_asset = m.base_asset, quote_asset = m.quote_asset, funding_rate = t.funding_rate,
               funding_interval_hours = t.funding_interval_hours, apr = t.apr,
               next_funding_time = coalesce(t.next_funding_time, d.next_funding_time),
               mark_price = coalesce(t.mark_price, d.mark_price),
               index_price = coalesce(t.index_price, d.index_price),
               open_interest_usd = coalesce(t.open_interest_usd, d.open_interest_usd),
               open_interest_raw = coalesce(t.open_interest_raw, d.open_interest_raw),
               open_interest_unit = coalesce(t.open_interest_unit, d.open_interest_unit),
               open_interest_at = coalesce(t.open_interest_at, d.open_interest_at), observed_at = t.observed_at,
               sequence = h.rates_sequence
          FROM transfer_rows t
          JOIN contract_metadata m ON m.id = t.contract_id
          JOIN exchange_health h ON h.feed = m.feed
         WHERE d.contract_id = t.contract_id
        """

    private static let insert: PostgresQuery = """
        INSERT INTO exchange_data (
               contract_id, exchange, symbol, feed, base_asset, quote_asset, funding_rate, funding_interval_hours, apr,
               next_funding_time, mark_price, index_price, open_interest_usd, open_interest_raw, open_interest_unit,
               open_interest_at, observed_at, sequence)
        SELECT m.id, m.exchange, m.symbol, m.feed, m.base_asset, m.quote_asset, t.funding_rate,
               t.funding_interval_hours, t.apr, t.next_funding_time, t.mark_price, t.index_price, t.open_interest_usd,
               t.open_interest_raw, t.open_interest_unit, t.open_interest_at, t.observed_at, h.rates_sequence
          FROM transfer_rows t
          JOIN contract_metadata m ON m.id = t.contract_id
          JOIN exchange_health h ON h.feed = m.feed
         WHERE NOT EXISTS (SELECT FROM exchange_data d WHERE d.contract_id = t.contract_id)
        """

    /// A feed that no collector has polled yet is as old as its youngest row and as large as its rows are many.
    private static let describeUnpolled: PostgresQuery = """
        UPDATE exchange_health h
           SET observed_at = d.observed_at, contracts = d.contracts
          FROM (SELECT feed, max(observed_at) AS observed_at, count(*) AS contracts FROM exchange_data GROUP BY feed) d
         WHERE d.feed = h.feed AND h.last_success_at IS NULL
           AND h.feed IN (SELECT m.feed FROM transfer_rows t JOIN contract_metadata m ON m.id = t.contract_id)
        """
}
