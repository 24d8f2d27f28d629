import PostgresDriver
import Testing

@Suite("Pool", .needsPostgres)
struct PoolTests {
    private func session(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT pg_backend_pid() AS pid")[0].decode("pid")
    }

    @Test func whoAsksFirstIsServedFirst() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(), size: 1, acquireTimeout: .seconds(20))
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await pool.withConnection { _ async throws in
                for number in 0..<20 {
                    group.addTask { try await pool.withConnection { _ in await order.append(number) } }
                    try await eventually { pool.statistics.waiting == number + 1 }
                }
            }
            try await group.waitForAll()
        }
        #expect(await order.numbers == Array(0..<20))
        #expect(pool.statistics.connects == 1)
        #expect(pool.statistics.idle == 1)
        await pool.close()
    }

    @Test func waitingHasALimit() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(), size: 1, acquireTimeout: .seconds(3))
        try await pool.withConnection { _ async throws in
            let error = try await postgresError { try await pool.query("SELECT 1") }
            #expect(error.kind == .poolTimeout)
            #expect(error.isTransient)
        }
        #expect(pool.statistics.acquireTimeouts == 1)
        #expect(try await pool.query("SELECT 1").count == 1)
        await pool.close()
    }

    @Test func cancelledTasksStopWaiting() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(), size: 1, acquireTimeout: .seconds(60))
        try await pool.withConnection { _ async throws in
            let task = Task { try await pool.query("SELECT 1") }
            try await eventually { pool.statistics.waiting == 1 }
            task.cancel()
            #expect(try await postgresError { _ = try await task.value }.kind == .cancelled)
            #expect(pool.statistics.waiting == 0)
        }
        await pool.close()
    }

    @Test func terminatedSessionsAreReplaced() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(), size: 3)
        let killer = try await PostgresConnection.connect(TestDatabase.configuration())
        let sessions = try await pool.withConnection { first in
            try await pool.withConnection { second in [try await session(first), try await session(second)] }
        }
        #expect(pool.statistics.idle == 2)
        try await killer.query("SELECT pg_terminate_backend(pid) FROM unnest(\(sessions)::int[]) AS pid")
        // A farewell takes a moment to arrive; until it has, a statement may still meet the lost session.
        try await eventually {
            do {
                let now = try await pool.withConnection { try await session($0) }
                return !sessions.contains(now)
            } catch let error as PostgresError where error.isTransient {
                return false
            }
        }
        let during = try await postgresError { () async throws in
            try await pool.withConnection { connection async throws in
                let pid = try await session(connection)
                try await killer.query("SELECT pg_terminate_backend(\(Int32(pid)))")
                try await connection.query("SELECT pg_sleep(5)")
            }
        }
        #expect(during.kind == .connectionLost)
        #expect(during.isTransient)
        #expect(try await pool.query("SELECT 1").count == 1)
        await pool.close()
        await killer.close()
    }

    @Test func connectionsComeBackInOrder() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(statementTimeout: .seconds(9)), size: 1)
        try await pool.withConnection { connection async throws in
            try await connection.script("BEGIN; CREATE TEMPORARY TABLE half_done (x int)")
            try await connection.setStatementTimeout(.zero)
        }
        #expect(try await postgresError { try await pool.query("SELECT * FROM half_done") }.sqlState == "42P01")
        #expect(try await pool.query("SHOW statement_timeout")[0].decode(0) == "9s")
        #expect(pool.statistics.connects == 1)
        await pool.close()
    }

    @Test func newConnectionsArePrepared() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(), size: 1) { connection in
            try await connection.script("CREATE TEMPORARY TABLE staging (x int)")
        }
        #expect(try await pool.query("SELECT * FROM staging").isEmpty)
        await pool.close()
        let broken = PostgresPool(try TestDatabase.configuration(), size: 1) { try await $0.script("SELEC") }
        #expect(try await postgresError { try await broken.query("SELECT 1") }.sqlState == "42601")
        await broken.close()
    }

    @Test func serializationConflictsAreRunAgain() async throws {
        try await TestDatabase.inSchema { schema async throws in
            let pool = PostgresPool(try TestDatabase.configuration(), size: 4, acquireTimeout: .seconds(20))
            try await pool.query("CREATE TABLE \(identifier: schema).counter AS SELECT 0 AS value")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<5 {
                            try await pool.withTransaction(isolation: .serializable, retries: 100) { connection in
                                let rows = try await connection.query("SELECT value FROM \(identifier: schema).counter")
                                let value: Int = try rows[0].decode("value")
                                try await connection.query(
                                    "UPDATE \(identifier: schema).counter SET value = \(value + 1)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await pool.query("SELECT value FROM \(identifier: schema).counter")
            #expect(try rows[0].decode("value") == 20)
            await pool.close()
        }
    }

    @Test func closedPoolsServeNobody() async throws {
        let pool = PostgresPool(try TestDatabase.configuration(), size: 1, acquireTimeout: .seconds(60))
        try await pool.withConnection { connection async throws in
            let waiting = Task { try await pool.query("SELECT 1") }
            try await eventually { pool.statistics.waiting == 1 }
            await pool.close()
            #expect(try await postgresError { _ = try await waiting.value }.kind == .closed)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
        #expect(pool.statistics.open == 0)
        #expect(try await postgresError { try await pool.query("SELECT 1") }.kind == .closed)
    }

    private actor Order {
        var numbers: [Int] = []

        func append(_ number: Int) { numbers.append(number) }
    }
}

@Suite("Pool without a server")
struct UnreachableServerTests {
    @Test func everyoneWaitingGetsTheTransientErrorSoon() async throws {
        let listener = try SilentListener()
        listener.close()
        let pool = PostgresPool(
            try PostgresConfiguration(
                url: "postgresql://nobody@127.0.0.1:\(listener.port)/x", applicationName: "driver-tests"),
            size: 4, acquireTimeout: .seconds(30))
        let started = ContinuousClock.now
        for _ in 0..<3 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        let error = try await postgresError { try await pool.query("SELECT 1") }
                        #expect(error.kind == .connect)
                        #expect(error.isTransient)
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(started.duration(to: .now) < .seconds(8))
        #expect(pool.statistics.failures < 30, "attempts are shared and spaced")
        #expect(pool.statistics.open == 0)
        await pool.close()
    }

    @Test func silentServersDoNotHoldAnyoneLongerThanAllowed() async throws {
        let listener = try SilentListener()
        let pool = PostgresPool(
            try PostgresConfiguration(
                url: "postgresql://nobody@127.0.0.1:\(listener.port)/x", applicationName: "driver-tests",
                connectTimeout: .seconds(30)),
            size: 1, acquireTimeout: .milliseconds(200))
        let started = ContinuousClock.now
        #expect(try await postgresError { try await pool.query("SELECT 1") }.isTransient)
        #expect(started.duration(to: .now) < .seconds(3))
        await pool.close()
        #expect(started.duration(to: .now) < .seconds(5), "closing ends the attempt under way")
        listener.close()
    }
}
