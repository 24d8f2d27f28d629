import PostgresDriver
import Testing

@Suite("Statements", .needsPostgres)
struct StatementTests {
    @Test func hostileTextStaysData() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE notes (text text)")
            let hostile = "x'); DROP TABLE notes; --"
            #expect(try await connection.query("INSERT INTO notes VALUES (\(hostile))").affected == 1)
            let rows = try await connection.query("SELECT text FROM notes WHERE text = \(hostile)")
            #expect(try rows.map { try $0.decode("text", as: String.self) } == [hostile])
        }
    }

    @Test func zeroBytesAreRefusedInsteadOfCuttingTheText() async throws {
        try await TestDatabase.withConnection { connection async throws in
            #expect(try await postgresError { try await connection.query("SELECT \("a\0b")") }.sqlState == "22021")
            #expect(try await postgresError { try await connection.query("SELECT \(["a\0b"])") }.sqlState == "22021")
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func violationsNameTheirConstraint() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE once (id int CONSTRAINT only_once PRIMARY KEY)")
            try await connection.query("INSERT INTO once VALUES (\(Int32(1)))")
            let error = try await postgresError { try await connection.query("INSERT INTO once VALUES (1)") }
            #expect(error.kind == .server(sqlState: "23505"))
            #expect(error.constraint == "only_once")
            #expect(error.table == "once")
            #expect(!error.isTransient)
        }
    }

    @Test func syntaxErrorsAndWritesToAReadOnlySessionAreTyped() async throws {
        try await TestDatabase.withConnection { connection async throws in
            #expect(try await postgresError { try await connection.query("SELEC 1") }.sqlState == "42601")
            #expect(try await postgresError { try await connection.script("SELECT 1; SELEC 2") }.sqlState == "42601")
            try await connection.script("CREATE TABLE t (x int); SET default_transaction_read_only = on")
            let error = try await postgresError { try await connection.query("INSERT INTO t VALUES (1)") }
            #expect(error.kind == .server(sqlState: "25006"))
            #expect(error.isTransient)
        }
    }

    @Test func pipelineAnswersInOrder() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let queries = (0..<500).map { "SELECT \($0) AS number, repeat('x', 2000)" as PostgresQuery }
            let answers = try await connection.pipeline(queries)
            #expect(try answers.map { try $0[0].decode("number", as: Int.self) } == Array(0..<500))
            #expect(try await connection.pipeline([]).isEmpty)
        }
    }

    @Test func pipelineStopsAtTheFirstErrorAndUndoesTheRest() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int PRIMARY KEY)")
            let error = try await postgresError { () async throws in
                _ = try await connection.pipeline([
                    "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)",
                ])
            }
            #expect(error.sqlState == "23505")
            #expect(error.pipelineIndex == 1)
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func copyOutsideItsOwnFunctionIsRefused() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int)")
            let error = try await postgresError { try await connection.query("COPY t FROM STDIN") }
            #expect(error.kind == .protocolViolation)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func closedConnectionsSaySo() async throws {
        let connection = try await PostgresConnection.connect(TestDatabase.configuration())
        #expect(await connection.serverVersion >= 150_000)
        await connection.close()
        #expect(connection.isBroken)
        #expect(try await postgresError { try await connection.query("SELECT 1") }.kind == .closed)
    }
}
