import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct SchemaTests {
    @Test func theSchemaOfThisBuildIsAccepted() async throws {
        try await TemporaryDatabase.with { database in
            for role in ["funding_collector", "funding_backfiller", "funding_scanner", "funding_api", "funding_admin"] {
                try await database.withPool(as: role) { try await Schema.check($0) }
            }
        }
    }

    @Test(arguments: [
        ("DROP TABLE schema_migrations CASCADE", "no schema"), ("DELETE FROM schema_migrations", "no schema"),
        ("DELETE FROM schema_migrations WHERE version = \(Schema.version)", "run fundingctl migrate"),
        ("INSERT INTO schema_migrations VALUES (\(Schema.version + 1), 'x', 'x', now())", "install the newer build"),
    ])
    func anyOtherIsRefusedWithAdvice(statement: String, advice: String) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { pool in
                try await pool.query(PostgresQuery(trusted: statement))
                await expectFailure(advice) { try await Schema.check(pool) }
            }
        }
    }
}
