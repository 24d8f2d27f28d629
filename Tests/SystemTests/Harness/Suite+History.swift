import Foundation
import FundingCore
import FundingJSON
import PostgresDriver

extension Suite {
    /// The feeds whose history is filled: forwards and backwards, by numbers, by POST, and many pages a contract.
    static let historyFeeds = ["bybit", "lighter", "deribit", "hyperliquid", "kucoin"]

    /// What a backfiller gets; Redis may be another that nobody answers at.
    private func historyEnvironment(_ more: [String: String]) -> [String: String] {
        var environment = environment(user: "funding_backfiller")
        for feed in Self.historyFeeds {
            environment["FUNDING_\(FeedID(rawValue: feed).environmentName)_URL"] =
                "http://\(feed).localhost:\(simulator.port)/\(feed)"
        }
        return environment.merging(more) { $1 }
    }

    func startBackfiller(
        _ name: String, _ arguments: [String], feeds: [String] = Suite.historyFeeds,
        _ environment: [String: String] = [:]
    ) async throws -> Child {
        try await start(
            name, ["funding-backfiller", "--exchanges", feeds.joined(separator: ",")] + arguments,
            environment: historyEnvironment(environment)
        )
    }

    /// Runs a backfiller to its end.
    func backfill(
        _ name: String, _ arguments: [String], feeds: [String] = Suite.historyFeeds,
        _ environment: [String: String] = [:]
    ) async throws -> Child.Ending {
        try await startBackfiller(name, ["--once"] + arguments, feeds: feeds, environment)
            .ending(within: .seconds(120))
    }

    /// Lets a collector list the contracts of the feeds.
    func listContracts(feeds: [String] = Suite.historyFeeds) async throws {
        var environment = historyEnvironment([:])
        environment["DATABASE_URL"] = postgres.url("funding_collector")
        let once = try await start(
            "lister", ["funding-collector", "--once", "--exchanges", feeds.joined(separator: ",")],
            environment: environment
        )
        let ending = try await once.ending(within: .seconds(60))
        guard ending == .status(0) else { throw Failure("the collector ended with \(ending): \(try once.log)") }
    }

    /// The first few contracts of each feed, in the order of symbols.
    func symbols(_ count: Int, of feeds: [String] = Suite.historyFeeds) async throws -> [String: [String]] {
        let rows = try await database.query(
            """
            SELECT feed, symbol FROM (
                   SELECT feed, symbol, row_number() OVER (PARTITION BY feed ORDER BY symbol COLLATE "C") AS place
                     FROM contract_metadata WHERE feed = ANY (\(feeds)) AND symbol NOT LIKE '%:%') AS m
             WHERE place <= \(count) ORDER BY feed, place
            """
        )
        return try Dictionary(
            grouping: rows.map { (try $0.decode("feed", as: String.self), try $0.decode("symbol", as: String.self)) },
            by: \.0
        ).mapValues { $0.map(\.1) }
    }

    /// One settled payment.
    struct Payment: Hashable, Sendable {
        var symbol: String
        var time: Date
        var rate: Double
        var hours: Double
    }

    /// All that history holds of a feed.
    func payments(of feed: String) async throws -> [Payment] {
        try await database.query(
            """
            SELECT m.symbol, h.funding_time, h.funding_rate, h.funding_interval_hours
              FROM funding_rates_historical h JOIN contract_metadata m ON m.id = h.contract_id
             WHERE m.feed = \(feed) ORDER BY m.symbol COLLATE "C", h.funding_time
            """
        ).map {
            Payment(symbol: try $0.decode(0), time: try $0.decode(1), rate: try $0.decode(2), hours: try $0.decode(3))
        }
    }

    /// The same window as the exchange tells it now, asked for without a database.
    func paymentsAsTold(of feed: String, _ symbols: [String], from: Date, to: Date) async throws -> [Payment] {
        let child = try await startBackfiller(
            "dry-\(feed)",
            [
                "--once", "--dry-run", "--output", "jsonl", "--symbols", symbols.joined(separator: ","), "--from",
                Timestamp.text(from), "--to", Timestamp.text(to),
            ], feeds: [feed]
        )
        let ending = try await child.ending(within: .seconds(60))
        guard ending == .status(0) else { throw Failure("the dry run ended with \(ending): \(try child.log)") }
        let lines = String(decoding: try Data(contentsOf: child.output), as: UTF8.self).split(separator: "\n")
        return try lines.map { line in
            let row = try JSONDocument(Array(line.utf8)).root
            return Payment(
                symbol: try (row["symbol"]?.string).required("symbol"),
                time: try (row["funding_time"]?.string).flatMap(Timestamp.parse).required("funding_time"),
                rate: try (row["funding_rate"]?.double).required("funding_rate"),
                hours: try (row["funding_interval_hours"]?.double).required("funding_interval_hours")
            )
        }
    }

    /// What history holds, in a word: the same rows, the same word.
    func historyHash() async throws -> String {
        try await database.query(
            """
            SELECT count(*) || ' ' || md5(coalesce(string_agg(concat_ws('|', m.feed, m.symbol,
                       extract(epoch FROM h.funding_time), h.funding_rate, h.funding_interval_hours, h.mark_price), ','
                       ORDER BY m.feed COLLATE "C", m.symbol COLLATE "C", h.funding_time), '')) AS hash
              FROM funding_rates_historical h JOIN contract_metadata m ON m.id = h.contract_id
            """
        )[0].decode("hash")
    }

    func historyCount() async throws -> Int {
        try await database.query("SELECT count(*) AS count FROM funding_rates_historical")[0].decode("count")
    }

    func forgetHistory() async throws {
        try await database.query(
            """
            TRUNCATE funding_rates_historical, backfill_coverage, completeness_certificates, backfill_jobs CASCADE
            """
        )
    }

    /// Puts the tables of history and their indexes into another folder.
    func moveHistory(to folder: URL) async throws {
        let moves = try await database.query(
            """
            SELECT 'ALTER TABLE ' || relid::regclass || ' SET TABLESPACE elsewhere' AS statement
              FROM pg_partition_tree('funding_rates_historical') WHERE isleaf
            UNION ALL
            SELECT 'ALTER INDEX ' || indexrelid::regclass || ' SET TABLESPACE elsewhere' FROM pg_index
             WHERE indrelid IN (SELECT relid FROM pg_partition_tree('funding_rates_historical') WHERE isleaf)
            """
        ).map { try $0.decode("statement", as: String.self) }
        try await database.withConnection { connection in
            try await connection.script("CREATE TABLESPACE elsewhere LOCATION '\(folder.path)'")
            for move in moves { try await connection.script(move) }
        }
    }

    /// The latest job: its status and account.
    func latestJob() async throws -> (status: String, account: String) {
        let row = try await database.query(
            "SELECT status, coalesce(account, '') AS account FROM backfill_jobs ORDER BY id DESC LIMIT 1"
        ).first.required("a job")
        return (try row.decode("status"), try row.decode("account"))
    }

    /// Lets one contract of Bybit have paid every eight hours until twenty days ago, every four until ten, then hourly.
    func changeIntervalsOfAContract() async throws -> String {
        let symbol: String = try await database.query(
            """
            SELECT symbol FROM contract_metadata
             WHERE feed = 'bybit' AND funding_interval_hours = 8 AND (listed_at IS NULL OR listed_at < now() - interval '60 d')
             ORDER BY symbol COLLATE "C" DESC LIMIT 1
            """
        )[0].decode("symbol")
        let midnight = (Date().timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
        for (days, hours) in [(20.0, 4), (10.0, 1)] {
            try await simulator.changeInterval(
                of: symbol, feed: "bybit", toHours: hours, at: Date(timeIntervalSince1970: midnight - days * 86_400))
        }
        return symbol
    }
}

/// A window that ends well before now, so that two runs of it are the same.
struct HistoryWindow {
    let from: Date
    let to: Date

    init(days: Double) {
        let end = (Date().timeIntervalSince1970 / 3600).rounded(.down) * 3600 - 7 * 3600
        to = Date(timeIntervalSince1970: end)
        from = Date(timeIntervalSince1970: end - days * 86_400)
    }

    /// What a backfiller is told to fill it for some contracts.
    func arguments(_ symbols: [String]) -> [String] {
        [
            "--from", Timestamp.text(from), "--to", Timestamp.text(to), "--symbols", symbols.joined(separator: ","),
        ]
    }
}
