import Foundation
import PostgresDriver
import TestSupport
import Testing

/// `fundingctl check` and `fundingctl verify` against a real database.
@Suite(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
struct CheckTests {
    @Test func tellsWhatIsMissingAndFailsBelowTheThreshold() async throws {
        try await withHistory { database in
            let environment = ["DATABASE_URL": database.url()]
            let tool = try CommandLineTool("fundingctl")
            let table = try await tool.run(["check", "--days", "3"], environment: environment)
            #expect(table.status == 0 && table.errors.isEmpty)
            let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(lines.first == "exchange contracts complete expected present percent gaps")
            // Midnight three days ago included: how many fell due depends on the hour.
            #expect(lines.dropFirst().first?.hasPrefix("bybit 2 1 ") == true)
            #expect(lines.last?.hasPrefix("bybit ETHUSDT: ") == true)
            #expect(lines.last?.contains("missing 2 from ") == true)
            let met = try await tool.run(["check", "--days", "3", "--require", "50"], environment: environment)
            #expect(met.status == 0)
            let unmet = try await tool.run(["check", "--days", "3", "--require", "99.9"], environment: environment)
            #expect(unmet.status == 1 && unmet.errors.contains("less than 99.9 % is there of bybit"))
            let json = try await tool.run(
                ["check", "--days", "3", "--json", "--exchanges", "bybit", "--symbols", "ETHUSDT"],
                environment: environment)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let worst = try #require((object["worst"] as? [[String: Any]])?.first)
            #expect(worst["symbol"] as? String == "ETHUSDT")
            #expect((worst["gaps"] as? [[String: Any]])?.first?["missing"] as? Int == 2)
            let none = try await tool.run(
                ["check", "--exchanges", "kraken", "--require", "99"], environment: environment)
            #expect(none.status == 0 && none.output.split(separator: "\n").count == 1)
        }
    }

    @Test func findsThePaymentThatIsNotAsCertified() async throws {
        try await withHistory { database in
            let environment = ["DATABASE_URL": database.url()]
            let tool = try CommandLineTool("fundingctl")
            try await database.withPool { pool in
                try await pool.query(
                    """
                    INSERT INTO completeness_certificates
                    SELECT contract_id, '2026-01-02', 0, 0, sha256(''), now()
                      FROM (SELECT DISTINCT contract_id FROM funding_rates_historical) AS known
                    """
                )
                let intact = try await tool.run(["verify"], environment: environment)
                #expect(intact.status == 0 && intact.output == "2 certificates, 0 do not fit\n")
                try await pool.query("SELECT ensure_history_partition('2026-01-02Z')")
                try await pool.query("INSERT INTO funding_rates_historical VALUES (2, '2026-01-02T08:00Z', 0.1, 8)")
            }
            let changed = try await tool.run(["verify"], environment: environment)
            #expect(changed.status == 1)
            #expect(changed.output.hasPrefix("bybit ETHUSDT 2026-01-02: 0 payments were certified, 1 are there\n"))
            let other = try await tool.run(["verify", "--symbols", "BTCUSDT"], environment: environment)
            #expect(other.status == 0)
        }
    }

    @Test(arguments: [["check", "--days", "0"], ["check", "--require", "101"], ["verify", "--days", "0"]])
    func nonsenseIsAUsageError(arguments: [String]) async throws {
        #expect(try await CommandLineTool("fundingctl").run(arguments).status == 64)
    }

    /// Two contracts paid every eight hours for five days, of one of which two payments are missing.
    private func withHistory(_ body: (TemporaryDatabase) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { pool in
                try await pool.query(
                    """
                    INSERT INTO contract_metadata (
                           exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                           market_type, funding_interval_hours, first_seen_at, last_seen_at)
                    SELECT 'bybit', 'bybit', symbol, 'X', 'USDT', 'USDT', 1, 'linear', 'crypto', 8, now(), now()
                      FROM unnest('{BTCUSDT,ETHUSDT}'::text[]) AS symbol
                    """
                )
                let today: PostgresQuery = "date_trunc('day', now(), 'UTC')"
                try await pool.query(
                    "SELECT ensure_history_partition(\(today) - days * interval '1 day') FROM generate_series(0, 5) AS days"
                )
                try await pool.query(
                    """
                    INSERT INTO funding_rates_historical
                    SELECT m.id, slot, 0.0001, 8
                      FROM contract_metadata m,
                           generate_series(\(today) - interval '5 days', now(), interval '8 hours') AS slot
                     WHERE m.symbol = 'BTCUSDT'
                        OR slot NOT IN (\(today) - interval '40 hours', \(today) - interval '32 hours')
                    """
                )
            }
            try await body(database)
        }
    }
}
