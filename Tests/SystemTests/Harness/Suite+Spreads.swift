import Foundation
import PostgresDriver

extension Suite {
    func startScanner(_ name: String = "scanner", _ environment: [String: String] = [:]) async throws -> Child {
        try await start(
            name, ["funding-scanner"],
            environment: self.environment(user: "funding_scanner").merging(environment) { $1 }
        )
    }

    /// The process that leads, by its lease.
    func leader() async throws -> pid_t? {
        let rows = try await database.query(
            """
            SELECT holder FROM scanner_lease
             WHERE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = \(0x4655_4E49) AND granted)
            """
        )
        let holder: String? = try rows.first?.decode("holder")
        return holder?.split(separator: ":").last.flatMap { pid_t($0) }
    }

    /// Each pair with its rates and its identity, as the scanner has stored them.
    func storedSpreads() async throws -> Set<String> {
        Set(
            try await database.query(
                """
                SELECT concat_ws(' ', long_contract_id, short_contract_id, long_rate, short_rate, long_interval_hours,
                                 short_interval_hours, effective_hourly_spread, identity) AS pair
                  FROM arbitrage_opportunities
                """
            ).map { try $0.decode("pair") })
    }

    /// The same made of the live table alone, by other means: what a full scan of a clean run must give.
    func rescannedSpreads() async throws -> Set<String> {
        Set(
            try await database.query(
                """
                WITH legs AS (
                    SELECT d.*, m.market_type, d.funding_rate / d.funding_interval_hours AS hourly,
                           CASE WHEN m.quote_asset IN ('USD', 'USDT', 'USDC', 'USDE', 'USDH', 'USDT0', 'USD1', 'FDUSD')
                                THEN d.mark_price / m.denomination END AS price
                      FROM exchange_data d JOIN contract_metadata m ON m.id = d.contract_id
                     WHERE m.status = 'active' AND m.market_type <> 'unknown'
                )
                SELECT concat_ws(' ', l.contract_id, s.contract_id, l.funding_rate, s.funding_rate,
                                 l.funding_interval_hours, s.funding_interval_hours, s.hourly - l.hourly,
                                 CASE WHEN s.price / l.price IS NULL THEN 'ambiguous'
                                      WHEN greatest(s.price / l.price, l.price / s.price) <= 1.1 THEN 'proven'
                                      ELSE 'conflict' END) AS pair
                  FROM legs l
                  JOIN legs s ON s.base_asset = l.base_asset AND s.market_type = l.market_type
                             AND s.exchange <> l.exchange AND s.hourly > l.hourly
                """
            ).map { try $0.decode("pair") })
    }

    /// Lets the market stand still and waits until the scanner's table is what a full scan gives.
    func expectSpreadsToMatchARescan(after collector: Child) async throws {
        guard try await collector.end(SIGTERM) == .status(0) else { throw Failure("the collector did not end well") }
        try await eventually("the table is what a full scan gives", within: .seconds(20)) {
            let (stored, expected) = (try await storedSpreads(), try await rescannedSpreads())
            return !stored.isEmpty && stored == expected
        }
    }

    /// How many hours of pairs were derived, and how many of them do not follow from a payment of either leg.
    func derivedHours() async throws -> (count: Int, unpaid: Int) {
        let row = try await database.query(
            """
            SELECT count(*) AS hours,
                   count(*) FILTER (WHERE abs(close - (b.rate - a.rate) * 876000) < 1e-6 IS NOT TRUE) AS unpaid
              FROM arbitrage_spreads s
              LEFT JOIN LATERAL (\(Self.paid("s.contract_a"))) a ON true
              LEFT JOIN LATERAL (\(Self.paid("s.contract_b"))) b ON true
             WHERE s.seconds = 0
            """
        )[0]
        return (try row.decode("hours"), try row.decode("unpaid"))
    }

    /// The hourly rate that was paid for the end of an hour.
    private static func paid(_ contract: String) -> PostgresQuery {
        """
        SELECT funding_rate / funding_interval_hours AS rate FROM funding_rates_historical
         WHERE contract_id = \(PostgresQuery(trusted: contract)) AND funding_time >= s.bucket + interval '1 hour'
           AND funding_time - make_interval(secs => funding_interval_hours * 3600) < s.bucket + interval '1 hour'
         ORDER BY funding_time LIMIT 1
        """
    }

    /// A contract of each feed for each of some assets that all of them list, asset by asset.
    func symbolsOfCommonAssets(_ count: Int, of feeds: [String]) async throws -> [String] {
        try await database.query(
            """
            SELECT unnest(symbols) AS symbol FROM (
                   SELECT base_asset, array_agg(symbol) AS symbols FROM (
                          SELECT DISTINCT ON (base_asset, feed) base_asset, feed, symbol FROM contract_metadata
                           WHERE feed = ANY (\(feeds)) AND market_type = 'crypto' AND contract_type = 'linear'
                           ORDER BY base_asset, feed, symbol COLLATE "C") AS contracts
                    GROUP BY base_asset HAVING count(*) = \(feeds.count) ORDER BY base_asset LIMIT \(count)) AS assets
            """
        ).map { try $0.decode("symbol") }
    }
}
