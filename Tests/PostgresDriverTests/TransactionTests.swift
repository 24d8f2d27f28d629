import PostgresDriver
import Testing

@Suite("Transactions", .needsPostgres)
struct TransactionTests {
    private struct Refused: Error {}

    private func rows(of connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT count(*) AS count FROM t")[0].decode("count")
    }

    @Test func returningCommitsAndThrowingRollsBack() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int)")
            let answer = try await connection.transaction { connection in
                try await connection.query("INSERT INTO t VALUES (1)")
                return 42
            }
            #expect(answer == 42)
            await #expect(throws: Refused.self) {
                try await connection.transaction { connection in
                    try await connection.query("INSERT INTO t VALUES (2)")
                    throw Refused()
                }
            }
            #expect(try await rows(of: connection) == 1)
        }
    }

    @Test func bodiesMayChangeVariablesOfTheirCaller() async throws {
        try await TestDatabase.withConnection { connection async throws in
            var seen: [Int] = []
            try await connection.transaction(isolation: .readOnlySnapshot) { connection in
                for number in 0..<3 {
                    seen.append(try await connection.query("SELECT \(number) AS number")[0].decode("number"))
                }
            }
            #expect(seen == [0, 1, 2])
        }
    }

    @Test func commitsThatOnlyRollBackAreErrors() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int)")
            let error = try await postgresError { () async throws in
                try await connection.transaction { connection in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    let swallowed = try await postgresError { try await connection.query("SELECT 1/0") }
                    #expect(swallowed.sqlState == "22012")
                }
            }
            #expect(error.sqlState == "25P02")
            #expect(!error.commitOutcomeUnknown)
            #expect(try await rows(of: connection) == 0)
        }
    }

    @Test func deferredConstraintsFailAtTheCommit() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = try await postgresError { () async throws in
                _ = try await connection.transaction { try await $0.query("INSERT INTO t VALUES (1), (1)") }
            }
            #expect(error.sqlState == "23505")
            #expect(!error.commitOutcomeUnknown)
            #expect(try await rows(of: connection) == 0)
        }
    }

    @Test func cancelledTasksRollBack() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int)")
            let task = Task {
                try await connection.transaction { connection in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            #expect(try await postgresError { try await task.value }.kind == .cancelled)
            #expect(try await rows(of: connection) == 0)
        }
    }

    @Test func transactionsDoNotNest() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let error = try await postgresError { () async throws in
                try await connection.transaction { outer in
                    try await outer.transaction { _ in }
                }
            }
            #expect(error.kind == .protocolViolation)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func actorsMayRunTransactions() async throws {
        actor Ledger {
            var total = 0
            func add(_ pool: PostgresPool) async throws -> Int {
                try await pool.withTransaction { connection in
                    self.total += try await connection.query("SELECT 3 AS three")[0].decode("three", as: Int.self)
                }
                return total
            }
        }
        let pool = PostgresPool(try TestDatabase.configuration(), size: 1)
        #expect(try await Ledger().add(pool) == 3)
        await pool.close()
    }
}
