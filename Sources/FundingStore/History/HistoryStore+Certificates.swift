public import Foundation
import FundingCore
import PostgresDriver

/// A certificate that the stored payments no longer bear out.
public struct CertificateMismatch: Hashable, Sendable {
    public var exchange: String
    public var symbol: String
    /// The UTC day's first instant.
    public var day: Date
    /// Payments when it was certified, and now. They may be as many, but others.
    public var certified: Int
    public var found: Int

    public init(exchange: String, symbol: String, day: Date, certified: Int, found: Int) {
        self.exchange = exchange
        self.symbol = symbol
        self.day = day
        self.certified = certified
        self.found = found
    }
}

extension HistoryStore {
    /// Certifies what is stored of each contract and UTC day that lies wholly in the window and is over, in place of
    /// what was certified before. A later write takes back the certificates of the days it changes.
    /// - Returns: how many certificates are new or others than before.
    @discardableResult
    public func certify(
        _ contracts: [HistoryContract], during window: ClosedRange<Date>, now: Date = .now,
        publicationDelay: TimeInterval = publicationDelay
    ) async throws -> Int {
        let due = now.addingTimeInterval(-publicationDelay)
        let from = Self.midnight(atOrAfter: window.lowerBound)
        let to = Self.midnight(atOrBefore: min(window.upperBound, due))
        guard from < to, !contracts.isEmpty else { return 0 }
        let ids = contracts.map { Int32($0.id) }
        return try await pool.withTransaction(isolation: .repeatableRead, retries: 3) { connection in
            let end = to.addingTimeInterval(-1e-3)
            let outlines = try await Self.outlines(of: contracts.map(\.id), during: from...end, connection)
            var missing: [(id: Int32, day: Date, count: Int32)] = []
            for contract in contracts {
                let terms = HistoryOutline.Terms(
                    listedAt: contract.contract.listedAt, ledger: contract.ledger, now: now,
                    publicationDelay: publicationDelay)
                let outline = outlines[contract.id] ?? HistoryOutline()
                let gaps = contract.report(outline, during: from...end, terms).gaps
                for day in Self.days(of: gaps, from, to) {
                    let whole = day...day.addingTimeInterval(86_400 - 1e-3)
                    let report = contract.report(outline, during: whole, terms)
                    let count = report.gaps.reduce(0) { $0 + $1.missing }
                    if count > 0 { missing.append((Int32(contract.id), day, Int32(count))) }
                }
            }
            return try await connection.query(
                """
                INSERT INTO completeness_certificates AS c (contract_id, day, expected, present, hash, certified_at)
                SELECT contract_id, day, coalesce(present, 0) + coalesce(missing, 0), coalesce(present, 0),
                       coalesce(hash, sha256('')), \(now)
                  FROM (\(Self.days(from, to)) AND h.contract_id = ANY (\(ids)) GROUP BY contract_id, day) AS stored
                  FULL JOIN (
                       SELECT id, (at AT TIME ZONE 'UTC')::date, missing
                         FROM unnest(\(missing.map(\.id)), \(missing.map(\.day)), \(missing.map(\.count)))
                              AS m (id, at, missing)
                  ) AS lacking (contract_id, day, missing) USING (contract_id, day)
                ON CONFLICT (contract_id, day) DO UPDATE
                   SET expected = excluded.expected, present = excluded.present, hash = excluded.hash,
                       certified_at = excluded.certified_at
                 WHERE (c.expected, c.present, c.hash) IS DISTINCT FROM
                       (excluded.expected, excluded.present, excluded.hash)
                """
            ).affected
        }
    }

    /// Certifies the days that have no certificate: those that have ended since the last time, and those whose
    /// certificates a write has taken back.
    /// - Returns: how many certificates are new or others than before.
    @discardableResult
    public func certifyUncertified(
        _ contracts: [HistoryContract], during window: ClosedRange<Date>, now: Date = .now,
        publicationDelay: TimeInterval = publicationDelay
    ) async throws -> Int {
        let from = Self.midnight(atOrAfter: window.lowerBound)
        let to = Self.midnight(atOrBefore: min(window.upperBound, now.addingTimeInterval(-publicationDelay)))
        guard from < to, !contracts.isEmpty else { return 0 }
        let listed = contracts.map { max(from, Self.midnight(atOrBefore: $0.contract.listedAt ?? from)) }
        let rows = try await pool.query(
            """
            SELECT c.id, min(day) AS day
              FROM unnest(\(contracts.map { Int32($0.id) }), \(listed)) AS c (id, first)
             CROSS JOIN LATERAL generate_series(c.first, \(to) - interval '1 day', interval '1 day') AS day
             WHERE NOT EXISTS (SELECT FROM completeness_certificates k
                                WHERE k.contract_id = c.id AND k.day = (day AT TIME ZONE 'UTC')::date)
             GROUP BY c.id
            """
        )
        let byID = Dictionary(contracts.map { ($0.id, $0) }) { $1 }
        var byDay: [Date: [HistoryContract]] = [:]
        for row in rows {
            if let contract = byID[try row.decode("id")] { byDay[try row.decode("day"), default: []].append(contract) }
        }
        var certified = 0
        for (day, contracts) in byDay.sorted(by: { $0.key < $1.key }) {
            certified += try await certify(contracts, during: day...to, now: now, publicationDelay: publicationDelay)
        }
        return certified
    }

    /// Makes all certificates again and compares.
    /// - Parameters:
    ///   - exchanges: only theirs; all if nil.
    ///   - symbols: only these; all if nil.
    ///   - from: only of days from this one on.
    /// - Returns: how many there are, and those that do not fit, in the order of exchange, symbol and day.
    public func verify(
        exchanges: [String]?, symbols: [String]?, from: Date?
    ) async throws -> (certificates: Int, mismatches: [CertificateMismatch]) {
        try await pool.withTransaction(isolation: .readOnlySnapshot) { connection in
            let wanted: PostgresQuery = """
                (\(exchanges)::text[] IS NULL OR m.exchange = ANY (\(exchanges)::text[]))
                AND (\(symbols)::text[] IS NULL OR m.symbol = ANY (\(symbols)::text[]))
                AND (\(from)::timestamptz IS NULL OR c.day >= (\(from)::timestamptz AT TIME ZONE 'UTC')::date)
                """
            let extent = try await connection.query(
                """
                SELECT count(*) AS count, min(c.day) AS first, max(c.day) AS last
                  FROM completeness_certificates c JOIN contract_metadata m ON m.id = c.contract_id
                 WHERE \(wanted)
                """
            )[0]
            guard let first: Date = try extent.decode("first"), let last: Date = try extent.decode("last") else {
                return (0, [])
            }
            let rows = try await connection.query(
                """
                SELECT m.exchange, m.symbol, c.day, c.present AS certified, coalesce(stored.present, 0) AS found
                  FROM completeness_certificates c
                  JOIN contract_metadata m ON m.id = c.contract_id
                  LEFT JOIN (\(Self.days(first, last.addingTimeInterval(86_400))) GROUP BY contract_id, day) AS stored
                       ON stored.contract_id = c.contract_id AND stored.day = c.day
                 WHERE \(wanted)
                   AND (c.present, c.hash) IS DISTINCT FROM
                       (coalesce(stored.present, 0), coalesce(stored.hash, sha256('')))
                 ORDER BY m.exchange COLLATE "C", m.symbol COLLATE "C", c.day
                """
            )
            let mismatches = try rows.map { row in
                CertificateMismatch(
                    exchange: try row.decode("exchange"), symbol: try row.decode("symbol"),
                    day: try row.decode("day"), certified: try row.decode("certified"), found: try row.decode("found"))
            }
            return (try extent.decode("count"), mismatches)
        }
    }

    /// Takes back what was certified of the days that a page has changed.
    static func withdrawCertificates(of page: HistoryPage) -> PostgresQuery {
        """
        DELETE FROM completeness_certificates c
         USING unnest(\(page.extents.map { Int32($0.contractID) }), \(page.extents.map(\.first)),
                      \(page.extents.map(\.last))) AS e (contract_id, first, last)
         WHERE c.contract_id = e.contract_id
           AND c.day BETWEEN (e.first AT TIME ZONE 'UTC')::date AND (e.last AT TIME ZONE 'UTC')::date
        """
    }

    /// The days' payments and their hash, up to where the contracts are named and the rows grouped. The bytes are those
    /// of the binary forms, which no setting of a session changes.
    private static func days(_ from: Date, _ to: Date) -> PostgresQuery {
        """
        SELECT h.contract_id, (h.funding_time AT TIME ZONE 'UTC')::date AS day, count(*)::integer AS present,
               sha256(string_agg(timestamptz_send(h.funding_time) || float8send(h.funding_rate)
                                 || float8send(h.funding_interval_hours) || coalesce(float8send(h.mark_price), '\\x00'),
                                 ''::bytea ORDER BY h.funding_time)) AS hash
          FROM funding_rates_historical h
         WHERE h.funding_time >= \(from) AND h.funding_time < \(to)
        """
    }

    /// The days from `from` on and before `to` on which a gap lies.
    private static func days(of gaps: [HistoryReport.Gap], _ from: Date, _ to: Date) -> [Date] {
        var days: [Date] = []
        for gap in gaps {
            var day = max(midnight(atOrBefore: gap.from), from)
            if let last = days.last { day = max(day, last.addingTimeInterval(86_400)) }
            while day <= gap.to, day < to {
                days.append(day)
                day.addTimeInterval(86_400)
            }
        }
        return days
    }

    private static func midnight(atOrBefore time: Date) -> Date {
        Date(timeIntervalSince1970: (time.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400)
    }

    private static func midnight(atOrAfter time: Date) -> Date {
        Date(timeIntervalSince1970: (time.timeIntervalSince1970 / 86_400).rounded(.up) * 86_400)
    }
}
