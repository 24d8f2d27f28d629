import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct ScannerLeaseTests {
    @Test func ofTwoScannersOneLeads() async throws {
        try await withScanners { first, second, _ in
            let token = try await first.take()
            #expect(token == ScannerLease.Token(number: 1))
            #expect(try await second.take() == nil)
            #expect(try await first.take() == ScannerLease.Token(number: 1), "confirmed, not taken anew")
        }
    }

    @Test func aLeaseThatIsGivenUpIsFreeAtOnceAndTheTokenGrows() async throws {
        try await withScanners { first, second, _ in
            _ = try await first.take()
            await first.close()
            #expect(try await second.take() == ScannerLease.Token(number: 2))
            #expect(try await first.take() == nil)
        }
    }

    @Test func aLeaderWhoseSessionEndedIsRefusedByTheFence() async throws {
        try await withScanners { first, second, pool in
            let old = try #require(try await first.take())
            try await pool.withTransaction { try await $0.proveLeadership(old) }
            try await pool.withTransaction { connection in
                try await connection.query("SET LOCAL ROLE NONE")
                try await connection.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                     WHERE locktype = 'advisory'
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """
                )
            }
            try await eventually { try await second.take() != nil }
            await #expect(throws: LeadershipLost.self) {
                try await pool.withTransaction { try await $0.proveLeadership(old) }
            }
            await #expect(throws: PostgresError.self) { _ = try await first.take() }
            #expect(try await first.take() == nil)
        }
    }

    @Test func whatAFormerLeaderStillWritesIsEndedByTheNext() async throws {
        try await withScanners { first, second, pool in
            let old = try #require(try await first.take())
            try await pool.withConnection { connection in
                try await connection.query("BEGIN")
                try await connection.proveLeadership(old)
                await first.close()
                #expect(try await second.take() == ScannerLease.Token(number: 2), "it does not wait for the former")
                await #expect(throws: PostgresError.self) { try await connection.query("COMMIT") }
            }
        }
    }

    @Test func whatTheLeaderWritesIsLeftAloneByAStandby() async throws {
        try await withScanners { first, second, pool in
            let token = try #require(try await first.take())
            try await pool.withTransaction { connection in
                try await connection.proveLeadership(token)
                #expect(try await second.take() == nil)
            }
        }
    }

    private func withScanners(
        _ body: (ScannerLease, ScannerLease, PostgresPool) async throws -> Void
    ) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_scanner") { pool in
                let first = ScannerLease(try database.configuration(as: "funding_scanner"), holder: "first")
                let second = ScannerLease(try database.configuration(as: "funding_scanner"), holder: "second")
                try await body(first, second, pool)
                await first.close()
                await second.close()
            }
        }
    }
}
