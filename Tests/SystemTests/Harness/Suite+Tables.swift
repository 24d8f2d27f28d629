import Foundation
import PostgresDriver

extension Suite {
    /// Lets a program begin to write to a table, does what is asked amid that, and lets the server go on with it.
    func amidAWrite(to table: String, by program: String, _ body: @Sendable () async -> Void) async throws {
        try await database.withConnection { connection in
            try await connection.query("BEGIN")
            try await connection.query("LOCK TABLE \(identifier: table) IN EXCLUSIVE MODE")
            try await eventually("a write has begun and waits") {
                try await !connection.query(
                    """
                    SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                     WHERE NOT l.granted AND a.application_name = \(program)
                    """
                ).isEmpty
            }
            await body()
            try await connection.query("COMMIT")
        }
    }

    /// One feed's row of `exchange_health`, as far as tests ask for it.
    struct Health: Sendable {
        var status: String
        var sequence: Int
        var published: Int
        var token: Int
        var holder: String?
        var observedAt: Date?
        var errorKind: String?
        var retryAt: Date?
        var contracts: Int
        var rejects: Int
    }

    func health() async throws -> [String: Health] {
        let rows = try await database.query(
            """
            SELECT feed, status, rates_sequence, published_sequence, lease_token, lease_holder, observed_at, error_kind,
                   retry_at, contracts, rejects
              FROM exchange_health
            """
        )
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    try row.decode("feed"),
                    Health(
                        status: try row.decode("status"), sequence: try row.decode("rates_sequence"),
                        published: try row.decode("published_sequence"), token: try row.decode("lease_token"),
                        holder: try row.decode("lease_holder"), observedAt: try row.decode("observed_at"),
                        errorKind: try row.decode("error_kind"), retryAt: try row.decode("retry_at"),
                        contracts: try row.decode("contracts"), rejects: try row.decode("rejects")
                    )
                )
            }
        )
    }

    func health(of feed: String) async throws -> Health { try await health()[feed].required(feed) }

    /// Every feed's committed polls.
    func sequences() async throws -> [String: Int] { try await health().mapValues(\.sequence) }

    /// Live rows by feed.
    func rowCounts() async throws -> [String: Int] {
        let rows = try await database.query("SELECT feed, count(*) AS count FROM exchange_data GROUP BY feed")
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("feed"), try $0.decode("count")) })
    }

    /// A row as text, its time and sequence left out, by symbol: what must not change while a feed fails.
    func values(of feed: String) async throws -> [String: String] {
        let rows = try await database.query(
            """
            SELECT symbol, concat_ws('|', funding_rate, funding_interval_hours, apr, next_funding_time, mark_price,
                                     index_price, observed_at) AS text
              FROM exchange_data WHERE feed = \(feed)
            """
        )
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("symbol"), try $0.decode("text")) })
    }

    /// Waits until every given feed has committed as many more polls.
    func wait(forPolls count: Int, of feeds: [String] = Suite.briskFeeds, within limit: Duration = .seconds(30))
        async throws
    {
        let before = try await sequences()
        try await eventually("\(count) more polls of \(feeds)", within: limit) {
            let now = try await sequences()
            return feeds.allSatisfy { now[$0, default: 0] >= before[$0, default: 0] + count }
        }
    }

    /// Waits until every contract the simulator lists has its row.
    func waitForAllRows(within limit: Duration = .seconds(30)) async throws {
        try await eventually("all contracts are there", within: limit) { try await rowCounts() == Suite.contracts }
    }

    /// Every committed poll leaves one cycle row: as many successful ones as the sequence says.
    func successfulCycles() async throws -> [String: Int] {
        let rows = try await database.query(
            """
            SELECT feed, count(*) AS count FROM collection_cycles WHERE outcome IN ('success', 'partial', 'empty')
             GROUP BY feed
            """
        )
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.decode("feed"), try $0.decode("count")) })
    }
}
