import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// How the API's dependencies fare, as its background work finds them: no request ever waits for a probe.
final class HealthBoard: Sendable {
    /// Postgres.
    struct Database: Sendable, Equatable {
        var isConnected = false
        var answeredAt: Date?
    }

    private struct State {
        var database = Database()
        var isRedisConnected = false
        var collectorBeatAt: Date?
        var streams: [ExchangeID: StreamStore.Summary] = [:]
        var polls: [FeedID: CycleReader.Tally] = [:]
    }

    /// Ten missed probes: whoever hangs is not connected.
    private static let silence: TimeInterval = 5

    let startedAt = Date()
    private let state = Lock(State())

    func databaseAnswered(_ collectorBeatAt: Date?) {
        state.withLock {
            $0.database = Database(isConnected: true, answeredAt: Date())
            $0.collectorBeatAt = collectorBeatAt
        }
    }

    /// A probe was answered. It may have been sent before an outage: only a reading ends one.
    func probeAnswered() { state.withLock { $0.database.answeredAt = Date() } }

    func streamsFare(_ summaries: [StreamStore.Summary]) {
        let byExchange = Dictionary(summaries.map { ($0.exchange, $0) }) { first, _ in first }
        state.withLock { $0.streams = byExchange }
    }

    func pollsFared(_ tallies: [FeedID: CycleReader.Tally]) { state.withLock { $0.polls = tallies } }

    func databaseFailed() { state.withLock { $0.database.isConnected = false } }

    func redisIsConnected(_ isConnected: Bool) { state.withLock { $0.isRedisConnected = isConnected } }

    var database: Database {
        var database = state.withLock { $0.database }
        if let answeredAt = database.answeredAt, Date().timeIntervalSince(answeredAt) > Self.silence {
            database.isConnected = false
        }
        return database
    }

    var isRedisConnected: Bool { state.withLock { $0.isRedisConnected } }

    /// How the connections to the exchanges' streams fared when Postgres was last asked.
    var streams: [ExchangeID: StreamStore.Summary] { state.withLock { $0.streams } }

    /// How the polls of the last day fared when Postgres was last asked, a minute ago at the most; nothing while it is away.
    var polls: [FeedID: CycleReader.Tally] { database.isConnected ? state.withLock { $0.polls } : [:] }

    /// Whether a collector was alive when Postgres was last asked, and not long ago.
    var isCollectorRunning: Bool {
        guard let beat = state.withLock({ $0.collectorBeatAt }) else { return false }
        return Date().timeIntervalSince(beat) <= HeartbeatStore.silence
    }
}
