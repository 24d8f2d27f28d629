import Foundation
import PostgresDriver
import Testing

@Suite("Deadlines and cancellation", .needsPostgres, .serialized)
struct DeadlineTests {
    @Test func slowStatementsEndAtTheirTimeLimit() async throws {
        try await TestDatabase.withConnection(statementTimeout: .milliseconds(200)) { connection async throws in
            let error = try await postgresError { try await connection.query("SELECT pg_sleep(10)") }
            #expect(error.kind == .server(sqlState: "57014"))
            #expect(!error.isTransient)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func timeLimitCanBeLiftedForOneSession() async throws {
        try await TestDatabase.withConnection(statementTimeout: .milliseconds(100)) { connection async throws in
            try await connection.setStatementTimeout(.zero)
            try await connection.query("SELECT pg_sleep(0.8)")
        }
    }

    @Test func cancelledTasksStopTheirStatementAtOnce() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let clock = ContinuousClock()
            let task = Task { try await connection.query("SELECT pg_sleep(10)") }
            try await eventually {
                let pool = PostgresPool(try TestDatabase.configuration(), size: 1)
                let rows = try await pool.query("SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(10)'")
                await pool.close()
                return !rows.isEmpty
            }
            let cancelledAt = clock.now
            task.cancel()
            let error = try await postgresError { _ = try await task.value }
            #expect(cancelledAt.duration(to: clock.now) < .seconds(5))
            #expect(error.kind == .cancelled)
            #expect(error.sqlState == "57014")
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func cancellingNeverHitsTheNextStatement() async throws {
        try await TestDatabase.withConnection { connection async throws in
            for round in 0..<60 {
                let task = Task { try await connection.query("SELECT pg_sleep(0.002)") }
                try await Task.sleep(for: .microseconds(round * 100))
                task.cancel()
                _ = await task.result
                #expect(try await connection.query("SELECT \(round) AS round")[0].decode("round") == round)
            }
        }
    }

    @Test func cancelledTasksDoNotEvenStart() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (x int)")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await connection.query("INSERT INTO t VALUES (1)")
            }
            #expect(try await postgresError { try await task.value }.kind == .cancelled)
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func lockWaitsEndAtTheirTimeLimit() async throws {
        try await TestDatabase.inSchema { schema async throws in
            let holder = try await PostgresConnection.connect(TestDatabase.configuration())
            try await holder.query("CREATE TABLE \(identifier: schema).t (x int)")
            let configuration = try TestDatabase.configuration(lockTimeout: .milliseconds(100))
            let other = try await PostgresConnection.connect(configuration)
            try await holder.transaction { holder in
                try await holder.query("LOCK TABLE \(identifier: schema).t")
                let error = try await postgresError { try await other.query("SELECT * FROM \(identifier: schema).t") }
                #expect(error.sqlState == "55P03")
                #expect(error.isTransient)
            }
            await holder.close()
            await other.close()
        }
    }

    @Test func sleepingConnectionsDoNotStopTheCooperativePool() async throws {
        let configuration = try TestDatabase.configuration()
        var connections: [PostgresConnection] = []
        for _ in 0..<8 { connections.append(try await PostgresConnection.connect(configuration)) }
        let started = ContinuousClock.now
        let ticker = Task {
            var worst: Duration = .zero
            while !Task.isCancelled {
                let before = ContinuousClock.now
                // The end of the sleep by cancellation is the end of the ticking.
                guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { break }
                worst = max(worst, before.duration(to: .now) - .milliseconds(5))
            }
            return worst
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections { group.addTask { try await connection.query("SELECT pg_sleep(1)") } }
            try await group.waitForAll()
        }
        ticker.cancel()
        #expect(started.duration(to: .now) < .seconds(3), "eight seconds of sleep ran side by side")
        #expect(await ticker.value < .milliseconds(800))
        for connection in connections { await connection.close() }
    }
}
