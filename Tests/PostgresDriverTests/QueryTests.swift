import PostgresDriver
import Testing

@Suite("Statements without a server")
struct QueryTests {
    @Test func valuesBecomeNumberedPlaces() {
        let query: PostgresQuery = "SELECT \(1), \("x") FROM \(identifier: "a\"b") \(unescaped: "LIMIT") \(Int?.none)"
        #expect(query.sql == "SELECT $1, $2 FROM \"a\"\"b\" LIMIT $3")
        #expect(query.parameters.count == 3)
        #expect(query.parameters[2].bytes == nil)
        #expect(query.parameters[2].type == .int8)
    }

    @Test func insertedPartsAreRenumbered() {
        let condition: PostgresQuery = "apr > \(1.5) AND exchange = \("bybit")"
        let query: PostgresQuery = "SELECT * FROM t WHERE id = \(7) AND \(condition) LIMIT \(10)"
        #expect(query.sql == "SELECT * FROM t WHERE id = $1 AND apr > $2 AND exchange = $3 LIMIT $4")
        #expect(query.parameters.count == 4)
    }

    @Test func textInAValueNeverReachesTheStatement() {
        let hostile = "x'); DROP TABLE t; --"
        let query: PostgresQuery = "INSERT INTO t VALUES (\(hostile))"
        #expect(query.sql == "INSERT INTO t VALUES ($1)")
    }

    @Test(arguments: [
        "", "postgres+asyncpg://a:secret@h/db", "postgresql://a:se%zzcret@h/db", "postgresql://a:secret@[::1/db",
        "postgresql://a:secret@h:99999/db", "postgresql://a:secret@h:port/db", "postgresql://a:secret@h/db?nonsense=1",
    ])
    func malformedAddressesAreTypedAndKeepTheirSecret(url: String) {
        let error = #expect(throws: PostgresError.self) {
            try PostgresConfiguration(url: url, applicationName: "test")
        }
        #expect(error?.kind == .configuration)
        #expect(error?.isTransient == false)
        #expect(error?.description.contains("cret") == false)
    }

    @Test func descriptionNamesTheServerButNotThePassword() throws {
        let configuration = try PostgresConfiguration(
            url: "postgresql://funding:secret@db1:5432,db2:5433/rates?target_session_attrs=read-write",
            applicationName: "test")
        #expect(configuration.safeDescription == "funding@db1,db2:5432,5433/rates")
    }

    @Test func transienceFollowsTheTable() {
        for state in ["08006", "40001", "40P01", "53300", "55P03", "57P01", "57P03", "25006"] {
            #expect(PostgresError(.server(sqlState: state), "x").isTransient, "\(state)")
        }
        for state in ["23505", "42601", "57014", "22021", "28P01", "3D000"] {
            #expect(!PostgresError(.server(sqlState: state), "x").isTransient, "\(state)")
        }
        #expect(PostgresError(.connectionLost, "x").isTransient)
        #expect(PostgresError(.poolTimeout, "x").isTransient)
        #expect(PostgresError(.connect, "x").isTransient)
        #expect(!PostgresError(.decoding, "x").isTransient)
        #expect(!PostgresError(.closed, "x").isTransient)
    }
}
