import Foundation
import PostgresDriver
import Testing

@Suite("Connecting")
struct ConnectTests {
    private func connect(_ url: String, timeout: Duration = .seconds(1)) async throws -> PostgresConnection {
        try await PostgresConnection.connect(
            PostgresConfiguration(url: url, applicationName: "driver-tests", connectTimeout: timeout))
    }

    @Test func closedPortsAreTransient() async throws {
        let listener = try SilentListener()
        let port = listener.port
        listener.close()
        let error = try await postgresError { _ = try await connect("postgresql://nobody@127.0.0.1:\(port)/x") }
        #expect(error.kind == .connect)
        #expect(error.isTransient)
    }

    @Test func silentHostsAreGivenUpInTime() async throws {
        let listener = try SilentListener()
        let started = ContinuousClock.now
        let error = try await postgresError { () async throws in
            _ = try await connect("postgresql://nobody@127.0.0.1:\(listener.port)/x")
        }
        #expect(error.kind == .connect)
        #expect(error.isTransient)
        let took = started.duration(to: .now)
        #expect(took >= .milliseconds(990) && took < .seconds(3))
    }

    @Test func connectingCanBeCancelled() async throws {
        let listener = try SilentListener()
        let url = "postgresql://nobody@127.0.0.1:\(listener.port)/x"
        let started = ContinuousClock.now
        let task = Task { try await connect(url, timeout: .seconds(30)) }
        task.cancel()
        #expect(try await postgresError { _ = try await task.value }.kind == .cancelled)
        #expect(started.duration(to: .now) < .seconds(3))
    }

    @Test(.needsPostgres) func silentHostsOfSeveralArePassedOver() async throws {
        let listener = try SilentListener()
        let url = try #require(TestDatabase.url)
        let address = try #require(url.firstMatch(of: /@127\.0\.0\.1:(\d+)/), "the test server is on 127.0.0.1")
        let both = url.replacing(
            address.0, with: "@127.0.0.1:\(listener.port),127.0.0.1:\(address.1)")
        let connection = try await connect(both + "?target_session_attrs=read-write")
        #expect(try await connection.query("SELECT 1").count == 1)
        await connection.close()
    }

    @Test(.needsPostgres) func refusalsCarryTheStateOfTheServer() async throws {
        // The last of two settings counts.
        let url = try #require(TestDatabase.url)
        let missing = url + (url.contains("?") ? "&" : "?") + "dbname=no_such_database"
        let error = try await postgresError { _ = try await connect(missing) }
        #expect(error.kind == .connect)
        #expect(error.sqlState == "3D000")
        #expect(!error.isTransient)
    }

    @Test(.needsPostgres) func silenceDuringAStatementEndsTheConnection() async throws {
        let proxy = try BlackHole(url: #require(TestDatabase.url))
        let configuration = try PostgresConfiguration(
            url: proxy.url, applicationName: "driver-tests", statementTimeout: .milliseconds(500))
        let connection = try await PostgresConnection.connect(configuration)
        #expect(try await connection.query("SELECT 1").count == 1)
        let started = ContinuousClock.now
        let error = try await postgresError { () async throws in
            try await connection.transaction { connection in
                try await connection.query("SELECT 2")
                proxy.swallowEverything()
            }
        }
        #expect(error.kind == .connectionLost)
        #expect(error.commitOutcomeUnknown)
        #expect(error.isTransient)
        #expect(connection.isBroken)
        #expect(started.duration(to: .now) < .seconds(4))
        #expect(try await postgresError { try await connection.query("SELECT 3") }.kind == .connectionLost)
        proxy.close()
    }
}
