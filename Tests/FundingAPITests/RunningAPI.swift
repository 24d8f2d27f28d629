import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle
import TestSupport
import Testing

@testable import FundingAPI

/// The API's services in this process, on a free port.
struct RunningAPI: Sendable {
    let port: Int
    let endpoints: [Endpoint]

    /// Runs the API, as its own role in the database, for the time of `body`.
    static func with(
        _ database: TemporaryDatabase, as role: String? = "funding_api", redis: String? = nil,
        limits: [String: String] = [:], logger: Logger = Self.silence, _ body: (RunningAPI) async throws -> Void
    ) async throws {
        let (ports, found) = AsyncStream<Int>.makeStream()
        let build = try build(database, as: role, redis: redis, limits: limits, logger) { port in found.yield(port) }
        let group = ServiceGroup(services: build.services, logger: silence)
        let running = Task {
            defer { found.finish() }
            try await group.run()
        }
        var outcome = Result<Void, any Error>.failure(TestSupportError("the API ended before it listened"))
        for await port in ports {
            do { outcome = .success(try await body(RunningAPI(port: port, endpoints: build.endpoints))) } catch {
                outcome = .failure(error)
            }
            break
        }
        await group.triggerGracefulShutdown()
        let end = await running.result
        await build.close()
        try end.get()
        try outcome.get()
    }

    /// Runs the API until it ends by itself.
    static func untilItEnds(_ database: TemporaryDatabase) async throws {
        let build = try build(database, as: nil, silence)
        let end = await Task { try await ServiceGroup(services: build.services, logger: silence).run() }.result
        await build.close()
        try end.get()
    }

    static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func build(
        _ database: TemporaryDatabase, as role: String?, redis: String? = nil, limits: [String: String] = [:],
        _ logger: Logger, onReady: (@Sendable (Int) async -> Void)? = nil
    ) throws -> Build {
        let redis = try redis ?? #require(ProcessInfo.processInfo.environment["FUNDING_TEST_REDIS_URL"])
        let usual = [
            "DATABASE_URL": database.url(as: role), "REDIS_URL": redis, "API_PORT": "0", "API_READ_LIMIT": "0",
            "API_HEAVY_LIMIT": "0", "API_ADMIN_LIMIT": "0",
        ]
        var environment = Environment(usual.merging(limits) { $1 }, file: nil)
        let settings = APISettings(portFile: nil, &environment)
        try environment.finish()
        return Build(settings, logger, onReady: onReady)
    }

    func get(_ target: String, headers: [String] = []) async throws -> WireClient.Answer {
        try await onThread { [port] in try WireClient(port: port).get(target, headers: headers) }
    }

    func send(
        _ method: String, _ target: String, headers: [String] = [], body: String? = nil
    ) async throws -> WireClient.Answer {
        try await onThread { [port] in
            try WireClient(port: port).request(method, target, headers: headers, body: body)
        }
    }

    func webSocket(origin: String? = nil) async throws -> WireClient {
        try await onThread { [port] in
            let client = try WireClient(port: port)
            guard try client.upgrade(origin: origin) == 101 else { throw TestSupportError("no upgrade") }
            return client
        }
    }

    /// The rate that the list shows for a symbol.
    func rate(of symbol: String) async throws -> Double? {
        try await get("/api/funding-rates?limit=5000").json.elements.first { $0["symbol"]?.isString(symbol) == true }?[
            "funding_rate"]?.double
    }
}

/// What a collector does, one poll at a time. Its feed is nobody else's: Redis is shared by all tests.
struct StandInCollector {
    let sample: SampleFeed
    let symbol = "BTCUSDT"
    private let store: SnapshotStore
    private let health: FeedHealthStore
    private let lease: FeedLeases.Lease
    private let leases: FeedLeases

    static func with(_ database: TemporaryDatabase, _ body: (StandInCollector) async throws -> Void) async throws {
        let id = "api-test-\(UUID().uuidString.lowercased())"
        let sample = SampleFeed(
            FeedID(rawValue: id), exchange: ExchangeID(rawValue: id), name: "Stand-in",
            start: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        )
        try await database.withPool(onConnect: { try await SnapshotStore.prepare($0) }) { pool in
            let health = FeedHealthStore(pool)
            try await health.register(
                sample.feed, exchange: sample.exchange, name: sample.exchangeName, kind: "cex", pollPeriod: 30)
            let leases = FeedLeases(try database.configuration(), holder: "test")
            let lease = try #require(try await leases.take(sample.feed))
            let collector = StandInCollector(
                sample: sample, store: SnapshotStore(pool), health: health, lease: lease, leases: leases
            )
            do { try await body(collector) } catch {
                await leases.close()
                throw error
            }
            await leases.close()
        }
    }

    /// Stores a poll and returns its event, unpublished.
    func poll(_ rates: [String: Double]) async throws -> RatesEvent {
        try await store.write(
            sample.poll(rates.map { sample.snapshot($0.key, rate: $0.value) }), lease: lease, published: 0
        ).rates
    }

    func fail() async throws {
        try await health.record(
            FeedHealthStore.Failure(
                feed: sample.feed, batchID: "x", status: .circuitOpen, outcome: "circuit_open",
                errorKind: "unreachable",
                detail: "test", retryAt: nil, startedAt: Date(), duration: 0.1
            ),
            lease: lease
        )
    }
}
