import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle
import TestSupport

@testable import FundingScanner

/// A follower on a database of its own, a collector that a test plays by hand, and what the follower was heard to tell.
final class ScannerStage: Sendable {
    let pool: PostgresPool
    let heard = HearingConsumer()
    private let snapshots: SnapshotStore
    private let leases: FeedLeases
    private let redis: RedisConnection
    private let publisher: EventPublisher

    private init(_ database: TemporaryDatabase, _ pool: PostgresPool) async throws {
        self.pool = pool
        snapshots = SnapshotStore(pool)
        leases = FeedLeases(try database.configuration(), holder: "test")
        redis = RedisConnection(try TestRedis.configuration(), name: "test")
        publisher = EventPublisher(redis)
        try await redis.waitUntilConnected(timeout: .seconds(10))
    }

    /// - Parameter prepare: what is in the tables before the follower starts.
    static func with(
        prepare: (ScannerStage) async throws -> Void, _ body: (ScannerStage) async throws -> Void
    ) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(onConnect: { try await SnapshotStore.prepare($0) }) { pool in
                let stage = try await ScannerStage(database, pool)
                try await prepare(stage)
                let follower = MarketFollower(
                    pool, events: try TestRedis.configuration(),
                    settings: LiveSettings(SettingsStore(pool), Logger(label: "test")), consumers: [stage.heard],
                    Logger(label: "test")
                )
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await follower.run() }
                    try await eventually { stage.heard.hasBegun }
                    try await body(stage)
                    group.cancelAll()
                }
                await stage.leases.close()
                await stage.redis.close()
            }
        }
    }

    /// Commits a poll as a collector does.
    /// - Parameter isTold: its event is published.
    @discardableResult
    func write(_ sample: SampleFeed, _ batch: SnapshotBatch, isTold: Bool = true) async throws -> SnapshotStore.Outcome
    {
        try await FeedHealthStore(pool).register(
            sample.feed, exchange: sample.exchange, name: sample.exchangeName, kind: "cex", pollPeriod: 30
        )
        guard let lease = try await leases.take(sample.feed) else { throw TestSupportError("the feed is taken") }
        let outcome = try await snapshots.write(batch, lease: lease, published: 0)
        if isTold {
            try await publisher.publish(outcome.rates)
            if let contracts = outcome.contracts { try await publisher.publish(contracts) }
        }
        return outcome
    }

    func publish(_ event: RatesEvent) async throws { try await publisher.publish(event) }
    func publish(_ event: ContractsEvent) async throws { try await publisher.publish(event) }
    func publish(_ event: SettlementsEvent) async throws { try await publisher.publish(event) }
}

/// Remembers what it is told, beats left out.
final class HearingConsumer: MarketConsumer {
    private let state = Lock<(updates: [MarketUpdate], market: MarketState)>(([], MarketState()))

    func follow(_ update: MarketUpdate, in market: MarketState, at now: Date) async {
        if case .beat = update { return }
        state.withLock {
            $0.updates.append(update)
            $0.market = market
        }
    }

    var market: MarketState { state.withLock { $0.market } }
    var updates: [MarketUpdate] { state.withLock { $0.updates } }

    var hasBegun: Bool {
        if case .began? = updates.first { true } else { false }
    }

    var changes: [FeedChange] { updates.compactMap { if case .rates(let change) = $0 { change } else { nil } } }
    var terms: [ContractsEvent] { updates.compactMap { if case .terms(let event) = $0 { event } else { nil } } }
    var settlements: [SettlementsEvent] {
        updates.compactMap { if case .settlements(let event) = $0 { event } else { nil } }
    }
}
