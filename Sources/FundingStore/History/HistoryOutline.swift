import Foundation
import FundingCore
import PostgresDriver

/// A contract's stored payments, reduced to what tells what is missing: the ends, and the neighbours that lie too far
/// apart. Regular payments in between say nothing more.
struct HistoryOutline: Sendable {
    typealias Point = (time: Date, interval: FundingInterval)

    /// How many payments lie in the window.
    var present = 0
    /// The first and last of those.
    var firstInside: Date?
    var lastInside: Date?
    /// The first and the last payment, of which the one before and the one after the window may be.
    var first: Point?
    var last: Point?
    /// Neighbours further apart than the later one's interval, ascending.
    var breaks: [(earlier: Point, later: Point)] = []

    /// The terms by which what is missing is counted.
    struct Terms {
        var listedAt: Date?
        var ledger: IntervalLedger
        var now: Date
        var publicationDelay: TimeInterval
    }

    /// The report that all the payments would give. Each part is asked for with the points that decide it.
    func report(during window: ClosedRange<Date>, _ terms: Terms) -> HistoryReport {
        let report = Self.report([], during: window, terms)
        guard let due = report.window, let first, let last else { return report }
        let parts =
            (first.time >= due.lowerBound
                ? [Self.report([first], during: due.lowerBound...due.clamp(first.time), terms)] : [])
            + breaks.filter { $0.later.time >= due.lowerBound && $0.earlier.time <= due.upperBound }.map { pair in
                Self.report(
                    [pair.earlier, pair.later], during: due.clamp(pair.earlier.time)...due.clamp(pair.later.time), terms
                )
            }
            + (last.time < due.upperBound
                ? [Self.report([last], during: due.clamp(last.time)...due.upperBound, terms)] : [])
        return HistoryReport(during: due, present: present, gaps: parts.flatMap(\.gaps))
    }

    private static func report(
        _ points: [Point], during window: ClosedRange<Date>, _ terms: Terms
    ) -> HistoryReport {
        HistoryReport(
            points: points, during: window, listedAt: terms.listedAt, ledger: terms.ledger, now: terms.now,
            publicationDelay: terms.publicationDelay)
    }
}

extension ClosedRange<Date> {
    fileprivate func clamp(_ time: Date) -> Date { Swift.min(Swift.max(time, lowerBound), upperBound) }
}

extension HistoryStore {
    /// The outlines of many contracts in one query over all their rows; a contract without any row has none.
    /// - Parameter window: ends at the last time at which a payment may be expected.
    static func outlines(
        of ids: [Int], during window: ClosedRange<Date>, _ connection: PostgresConnection
    ) async throws -> [Int: HistoryOutline] {
        let (from, to) = (window.lowerBound, window.upperBound)
        let rows = try await connection.query(
            """
            WITH wanted AS (
                SELECT m.id, greatest(m.listed_at, \(from)) AS lower
                  FROM contract_metadata m WHERE m.id = ANY (\(ids.map { Int32($0) }))
            ), payments AS (
                SELECT h.contract_id, h.funding_time, h.funding_interval_hours, true AS is_inside
                  FROM wanted w
                  JOIN funding_rates_historical h ON h.contract_id = w.id AND h.funding_time >= w.lower
                 WHERE h.funding_time BETWEEN \(from) AND \(to)
                UNION ALL
                SELECT w.id, before.funding_time, before.funding_interval_hours, false
                  FROM wanted w
                  CROSS JOIN LATERAL (
                       SELECT h.funding_time, h.funding_interval_hours FROM funding_rates_historical h
                        WHERE h.contract_id = w.id AND h.funding_time < w.lower
                        ORDER BY h.funding_time DESC LIMIT 1) AS before
                UNION ALL
                SELECT w.id, after.funding_time, after.funding_interval_hours, false
                  FROM wanted w
                  CROSS JOIN LATERAL (
                       SELECT h.funding_time, h.funding_interval_hours FROM funding_rates_historical h
                        WHERE h.contract_id = w.id AND h.funding_time > greatest(\(to), w.lower)
                        ORDER BY h.funding_time LIMIT 1) AS after
            ), neighbours AS (
                SELECT *, lag(funding_time) OVER earlier AS previous_time,
                       lag(funding_interval_hours) OVER earlier AS previous_interval,
                       lead(funding_time) OVER earlier IS NULL AS is_last,
                       count(*) FILTER (WHERE is_inside) OVER contract AS present,
                       min(funding_time) FILTER (WHERE is_inside) OVER contract AS first_inside,
                       max(funding_time) FILTER (WHERE is_inside) OVER contract AS last_inside
                  FROM payments
                WINDOW contract AS (PARTITION BY contract_id),
                       earlier AS (PARTITION BY contract_id ORDER BY funding_time)
            )
            SELECT contract_id, funding_time, funding_interval_hours, previous_time, previous_interval, is_last, present,
                   first_inside, last_inside
              FROM neighbours
             WHERE previous_time IS NULL OR is_last
                OR funding_time - previous_time > make_interval(secs => 3600 * funding_interval_hours)
             ORDER BY contract_id, funding_time
            """
        )
        var outlines: [Int: HistoryOutline] = [:]
        for row in rows { try outlines[try row.decode(0), default: HistoryOutline()].extend(by: row) }
        return outlines
    }
}

extension HistoryOutline {
    fileprivate mutating func extend(by row: PostgresRow) throws {
        guard let interval = try FundingInterval(hours: row.decode(2)) else {
            throw StoreError("history holds an interval that is none")
        }
        let point: Point = (try row.decode(1), interval)
        present = try row.decode(6)
        (firstInside, lastInside) = (try row.decode(7), try row.decode(8))
        if let time: Date = try row.decode(3), let hours: Double = try row.decode(4),
            let before = FundingInterval(hours: hours)
        {
            let isBreak = point.time.timeIntervalSince(time) > 3600 * interval.hours
            if isBreak { breaks.append(((time, before), point)) }
        } else {
            first = point
        }
        if try row.decode(5) { last = point }
    }
}
