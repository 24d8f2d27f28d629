import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import PostgresDriver
import RedisDriver

/// What a cycle costs over all exchanges, from the bytes that the running simulator sends: each adapter's parsing alone,
/// and everything until rows are committed and events published.
struct AdapterBench {
    private let rounds: Int
    private let feeds: [RecordedFeed]

    /// Asks the simulator for each feed's answers once; from then on they come from memory.
    /// - Parameter simulator: its address, without a path.
    init(simulator: String, rounds: Int) async throws {
        self.rounds = rounds
        let fetcher = HTTPFetcher(userAgent: "funding-bench")
        var feeds: [RecordedFeed] = []
        for adapter in Exchanges.all {
            feeds.append(try await RecordedFeed(adapter, simulator: simulator, fetcher))
        }
        self.feeds = feeds
        await fetcher.close()
    }

    /// Each adapter's polls from memory: bytes a poll, and how fast they become rows.
    func parsing() async throws -> [BenchRow] {
        var rows: [BenchRow] = []
        for feed in feeds {
            var timings = Timings()
            var contracts = 0
            feed.forgetBytes()
            for _ in 0..<rounds {
                contracts = try await timings.time { try await feed.poll() }.snapshots.count
            }
            let megabytes = Double(feed.bytes) / Double(rounds) / 1e6
            rows.append(
                BenchRow(
                    name: "parse_\(feed.profile.feed.environmentName.lowercased())",
                    figures: [
                        ("contracts", Double(contracts)), ("kilobytes", megabytes * 1000), ("ms", timings.median),
                        ("megabytes_per_s", megabytes / (timings.median / 1000)),
                    ]
                )
            )
        }
        return rows
    }

    /// A full cycle: every feed's bytes to committed rows and published events, one feed after the other.
    func cycle(_ postgres: PostgresConfiguration, _ redis: RedisConfiguration) async throws -> [BenchRow] {
        let connection = RedisConnection(redis, name: "bench")
        try await connection.waitUntilConnected(timeout: .seconds(5))
        let events = EventPublisher(connection)
        var targets: [(RecordedFeed, Feed)] = []
        for feed in feeds { targets.append((feed, try await Feed(postgres, feed.profile))) }
        var wall = Timings()
        var contracts = 0
        var cpu = 0.0
        for round in 0..<rounds {
            let started = ProcessorTime.now
            contracts = 0
            try await wall.time {
                for (recorded, target) in targets {
                    var poll = try await recorded.poll()
                    for place in poll.snapshots.indices { poll.snapshots[place].fundingRate += Double(round) * 1e-9 }
                    contracts += poll.snapshots.count
                    try await events.publish(try await target.write(target.batch(poll.snapshots)))
                }
            }
            cpu += ProcessorTime.now - started
        }
        for (_, target) in targets { await target.close() }
        await connection.close()
        return [
            BenchRow(
                name: "full_cycle",
                figures: [
                    ("feeds", Double(targets.count)), ("contracts", Double(contracts)),
                    ("cpu_ms", cpu / Double(rounds) * 1000), ("wall_ms", wall.median),
                ]
            )
        ]
    }
}

/// Processor time of this process, in seconds.
private enum ProcessorTime {
    static var now: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

/// A feed whose answers were recorded once and are served from memory.
private final class RecordedFeed: Sendable {
    let profile: ExchangeProfile
    private let poller: ExchangePoller
    private let memory: Lock<Memory>

    private struct Memory {
        var answers: [String: HTTPResponse] = [:]
        var bytes = 0
    }

    init(_ adapter: any ExchangeAdapter, simulator: String, _ fetcher: HTTPFetcher) async throws {
        let feed = adapter.profile.feed
        profile = adapter.profile
        let memory = Lock(Memory())
        self.memory = memory
        // A poll a round must not wait for the budget, nor for the listings' next period.
        var unhurried = adapter.profile
        unhurried.budget = RequestBudget(1e9, per: .seconds(1))
        unhurried.ownBudgets = unhurried.ownBudgets.mapValues { _ in RequestBudget(1e9, per: .seconds(1)) }
        poller = ExchangePoller(adapter, base: "\(simulator)/\(feed)", gate: HostGate(unhurried)) {
            request throws(HTTPFetchError) in
            let key =
                "\(request.method) \(request.url) \(request.body.map { String(decoding: $0, as: UTF8.self) } ?? "")"
            if let answer = memory.withLock({ memory in
                memory.answers[key].map { answer in
                    memory.bytes += answer.body.count
                    return answer
                }
            }) {
                return answer
            }
            let answer = try await fetcher.fetch(request)
            memory.withLock {
                $0.answers[key] = answer
                $0.bytes += answer.body.count
            }
            return answer
        }
        _ = try await poller.poll()
    }

    func poll() async throws -> FeedPoll { try await poller.poll() }

    var bytes: Int { memory.withLock { $0.bytes } }

    func forgetBytes() { memory.withLock { $0.bytes = 0 } }
}
