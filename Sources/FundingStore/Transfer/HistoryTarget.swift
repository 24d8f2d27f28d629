import Foundation
import FundingCore
import PostgresDriver

/// Settled payments: new ones are added, known ones take over what the file says.
struct HistoryTarget: TransferTarget {
    static let kind = TransferKind.history
    static let key = "contract_id, funding_time"
    static let stagingColumns = 6
    static let staging = """
        line bigint, contract_id integer, funding_time timestamptz, funding_rate double precision,
        funding_interval_hours double precision, mark_price double precision
        """
    /// Nobody paid funding on a perpetual before; an earlier time is a misread number.
    private static let earliest = Date(timeIntervalSince1970: 1_262_304_000)

    private var keys: ContractKeys
    /// What was paid lies in the past, but for the difference of two clocks.
    private let latest = Date.now.addingTimeInterval(86_400)

    init(_ connection: PostgresConnection) async throws { keys = try await ContractKeys(connection) }

    mutating func stage(
        _ record: CSVRecord, _ reader: RowReader, into rows: inout PostgresCopyRows
    ) throws(RowFault) {
        let contract = try keys.key(record, reader)
        let time = try reader.present(reader.time(2, of: record), 2)
        guard time >= Self.earliest, time <= latest else {
            throw reader.expected("a time from 2010 to now", 2, Timestamp.text(time))
        }
        let rate = try reader.present(reader.number(3, of: record), 3)
        let interval = try reader.interval(4, of: record)
        let markPrice = try reader.number(5, of: record)
        rows.startRow()
        rows.append(Int64(record.line))
        rows.append(contract)
        rows.append(time)
        rows.append(rate)
        rows.append(interval.hours)
        rows.append(markPrice)
    }

    /// A partition locks the whole table while it is made, so that must not wait for the end of a long merge.
    func prepare(_ connection: PostgresConnection) async throws {
        try await connection.query(
            """
            SELECT ensure_history_partition(month)
              FROM (SELECT DISTINCT date_trunc('month', funding_time AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
                      FROM transfer_rows) AS months
            """
        )
    }

    func merge(_ connection: PostgresConnection) async throws -> (inserted: Int, updated: Int) {
        // Readers go on. With other writers held off, the anti-join is safe, which is twice as fast as ON CONFLICT.
        let results = try await connection.pipeline([
            "LOCK TABLE funding_rates_historical IN SHARE ROW EXCLUSIVE MODE", Self.update, Self.insert,
            Self.withdrawCertificates,
        ])
        return (results[2].affected, results[1].affected)
    }

    /// What was certified of the days of the file no longer stands, for it may have changed them.
    private static let withdrawCertificates: PostgresQuery = """
        DELETE FROM completeness_certificates c
         USING (SELECT DISTINCT contract_id, (funding_time AT TIME ZONE 'UTC')::date AS day FROM transfer_rows) t
         WHERE c.contract_id = t.contract_id AND c.day = t.day
        """

    private static let update: PostgresQuery = """
        UPDATE funding_rates_historical h
           SET funding_rate = t.funding_rate, funding_interval_hours = t.funding_interval_hours,
               mark_price = coalesce(t.mark_price, h.mark_price)
          FROM transfer_rows t
         WHERE h.contract_id = t.contract_id AND h.funding_time = t.funding_time
           AND (h.funding_rate, h.funding_interval_hours, h.mark_price)
               IS DISTINCT FROM (t.funding_rate, t.funding_interval_hours, coalesce(t.mark_price, h.mark_price))
        """

    private static let insert: PostgresQuery = """
        INSERT INTO funding_rates_historical (
               contract_id, funding_time, funding_rate, funding_interval_hours, mark_price)
        SELECT t.contract_id, t.funding_time, t.funding_rate, t.funding_interval_hours, t.mark_price
          FROM transfer_rows t
         WHERE NOT EXISTS (
               SELECT FROM funding_rates_historical h
                WHERE h.contract_id = t.contract_id AND h.funding_time = t.funding_time)
        """
}
