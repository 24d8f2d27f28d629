import Foundation
import FundingCore
import PostgresDriver

/// Contracts: new ones are added; of one that is known, whichever was seen last tells what it is, and the other fills
/// in what is empty. The interval ledger follows.
struct ContractsTarget: TransferTarget {
    static let kind = TransferKind.contracts
    static let key = "exchange, symbol"
    static let stagingColumns = 20
    static let staging = """
        line bigint, exchange text, feed text, symbol text, base_asset text, quote_asset text, settle_asset text,
        denomination double precision, contract_type text, market_type text, funding_interval_hours double precision,
        is_continuous boolean, status text, missed_polls integer, missing_since timestamptz, listed_at timestamptz,
        first_seen_at timestamptz, last_seen_at timestamptz, trading_url text,
        native_id text
        """

    init(_ connection: PostgresConnection) async throws {}

    private enum Status: String, CaseIterable { case active, inactive }

    func stage(_ record: CSVRecord, _ reader: RowReader, into rows: inout PostgresCopyRows) throws(RowFault) {
        var names: [String] = []
        for column in 0...5 { names.append(try reader.name(column, of: record)) }
        let denomination = try reader.present(reader.number(6, of: record), 6)
        guard denomination > 0 else { throw reader.expected("more than zero", 6, "\(denomination)") }
        let contractType = try reader.word(7, of: record, as: ContractType.self)
        let marketType = try reader.word(8, of: record, as: MarketType.self)
        let interval = try reader.interval(9, of: record)
        let isContinuous = try reader.truth(10, of: record)
        let status = try reader.word(11, of: record, as: Status.self)
        let missedPolls = try reader.count(12, of: record)
        let missingSince = try reader.time(13, of: record)
        let listedAt = try reader.time(14, of: record)
        let firstSeenAt = try reader.present(reader.time(15, of: record), 15)
        let lastSeenAt = try reader.present(reader.time(16, of: record), 16)
        let tradingURL = try reader.text(17, of: record)
        let nativeID = try reader.text(18, of: record)
        rows.startRow()
        rows.append(Int64(record.line))
        for name in names { rows.append(name) }
        rows.append(denomination)
        rows.append(contractType.rawValue)
        rows.append(marketType.rawValue)
        rows.append(interval.hours)
        rows.append(isContinuous)
        rows.append(status.rawValue)
        rows.append(missedPolls)
        rows.append(missingSince)
        rows.append(listedAt)
        rows.append(firstSeenAt)
        rows.append(lastSeenAt)
        rows.append(tradingURL)
        rows.append(nativeID)
    }

    func merge(_ connection: PostgresConnection) async throws -> (inserted: Int, updated: Int) {
        // Collectors claim their feed's row before they touch contracts: whoever holds it is alone with them.
        try await connection.query("SELECT feed FROM exchange_health ORDER BY feed FOR UPDATE")
        let results = try await connection.pipeline([Self.update, Self.complete, Self.insert, Self.extendLedger])
        return (results[2].affected, results[0].affected + results[1].affected)
    }

    private static let update: PostgresQuery = """
        UPDATE contract_metadata m
           SET feed = t.feed, base_asset = t.base_asset, quote_asset = t.quote_asset, settle_asset = t.settle_asset,
               denomination = t.denomination, contract_type = t.contract_type, market_type = t.market_type,
               funding_interval_hours = t.funding_interval_hours, is_continuous = t.is_continuous, status = t.status,
               missed_polls = t.missed_polls,
               -- Belongs to the count: without missed polls there is no time since when.
               missing_since = CASE WHEN t.missed_polls > 0 THEN coalesce(t.missing_since, m.missing_since) END,
               listed_at = coalesce(t.listed_at, m.listed_at), first_seen_at = least(t.first_seen_at, m.first_seen_at),
               last_seen_at = t.last_seen_at, trading_url = coalesce(t.trading_url, m.trading_url),
               native_id = coalesce(t.native_id, m.native_id)
          FROM transfer_rows t
         WHERE t.exchange = m.exchange AND t.symbol = m.symbol AND t.last_seen_at >= m.last_seen_at
           AND (m.feed, m.base_asset, m.quote_asset, m.settle_asset, m.denomination, m.contract_type, m.market_type,
                m.funding_interval_hours, m.is_continuous, m.status, m.missed_polls, m.missing_since, m.listed_at,
                m.first_seen_at, m.last_seen_at, m.trading_url, m.native_id)
               IS DISTINCT FROM
               (t.feed, t.base_asset, t.quote_asset, t.settle_asset, t.denomination, t.contract_type, t.market_type,
                t.funding_interval_hours, t.is_continuous, t.status, t.missed_polls,
                CASE WHEN t.missed_polls > 0 THEN coalesce(t.missing_since, m.missing_since) END,
                coalesce(t.listed_at, m.listed_at), least(t.first_seen_at, m.first_seen_at), t.last_seen_at,
                coalesce(t.trading_url, m.trading_url), coalesce(t.native_id, m.native_id))
        """

    /// The file knows an older state: only what is empty here, and how long the contract has been known.
    private static let complete: PostgresQuery = """
        UPDATE contract_metadata m
           SET listed_at = coalesce(m.listed_at, t.listed_at), trading_url = coalesce(m.trading_url, t.trading_url),
               native_id = coalesce(m.native_id, t.native_id),
               first_seen_at = least(m.first_seen_at, t.first_seen_at)
          FROM transfer_rows t
         WHERE t.exchange = m.exchange AND t.symbol = m.symbol AND t.last_seen_at < m.last_seen_at
           AND (m.listed_at, m.trading_url, m.native_id, m.first_seen_at)
               IS DISTINCT FROM
               (coalesce(m.listed_at, t.listed_at), coalesce(m.trading_url, t.trading_url),
                coalesce(m.native_id, t.native_id), least(m.first_seen_at, t.first_seen_at))
        """

    private static let insert: PostgresQuery = """
        INSERT INTO contract_metadata (
               exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type, market_type,
               funding_interval_hours, is_continuous, status, missed_polls, missing_since, listed_at, first_seen_at,
               last_seen_at, trading_url, native_id)
        SELECT t.exchange, t.feed, t.symbol, t.base_asset, t.quote_asset, t.settle_asset, t.denomination,
               t.contract_type, t.market_type, t.funding_interval_hours, t.is_continuous, t.status, t.missed_polls,
               t.missing_since, t.listed_at, t.first_seen_at, t.last_seen_at, t.trading_url,
               t.native_id
          FROM transfer_rows t
         WHERE NOT EXISTS (SELECT FROM contract_metadata m WHERE m.exchange = t.exchange AND m.symbol = t.symbol)
         ORDER BY t.line
        """

    private static let extendLedger: PostgresQuery = """
        INSERT INTO contract_terms (
               contract_id, valid_from, funding_interval_hours, rate_cap, rate_floor, denomination, status)
        SELECT m.id, CASE WHEN known.contract_id IS NULL THEN m.first_seen_at ELSE m.last_seen_at END,
               m.funding_interval_hours, known.rate_cap, known.rate_floor, m.denomination, m.status
          FROM transfer_rows t
          JOIN contract_metadata m ON m.exchange = t.exchange AND m.symbol = t.symbol
          LEFT JOIN LATERAL (
               SELECT * FROM contract_terms c WHERE c.contract_id = m.id ORDER BY c.valid_from DESC LIMIT 1
          ) known ON true
         WHERE (known.funding_interval_hours, known.denomination, known.status)
               IS DISTINCT FROM (m.funding_interval_hours, m.denomination, m.status)
           AND (known.contract_id IS NULL OR known.valid_from < m.last_seen_at)
        """
}
