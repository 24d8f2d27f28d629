import CurlDriver
import Foundation
import FundingCore
import PostgresDriver
import Testing

/// The whole suite on loopback: private Postgres and Redis, the exchange simulator, and whichever services a test
/// starts. Everything ends and every file goes with `run`, however the test fares.
final class Suite: Sendable {
    /// The feeds that most tests are about: one of each kind of answer.
    static let feeds = ["binance-usdm", "bybit", "deribit", "hyperliquid", "lighter"]
    /// Those that can be polled every second: Hyperliquid's budget allows its six dexs a poll in ten seconds or so.
    static let briskFeeds = feeds.filter { $0 != "hyperliquid" }
    /// How many live contracts the simulated exchanges list; Hyperliquid's with those of its builders.
    static let contracts = ["binance-usdm": 572, "bybit": 625, "deribit": 20, "hyperliquid": 334, "lighter": 115]

    let folder: URL
    let logs: URL
    let postgres: PrivatePostgres
    let redis: PrivateRedis
    let simulator: SimulatedExchanges
    let fetcher = HTTPFetcher(userAgent: "system-tests", connectionsPerHost: 8)
    /// The tests' own look into the tables, as superuser.
    let database: PostgresPool
    private let children = Children()
    private let simulatorProcess: Child

    private init(_ name: String, simulator arguments: [String], clock: SettableClock?) async throws {
        folder = Janitor.shared.folder.appending(path: "\(name)-\(UInt32.random(in: 0...UInt32.max))")
        logs = folder.appending(path: "logs")
        try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
        postgres = try await PrivatePostgres(in: folder, logs: logs)
        redis = try await PrivateRedis(in: folder, logs: logs)
        let file = folder.appending(path: "simulator.port")
        let child = try Child(
            "simulator",
            [Programs.path("exchange-simulator"), "--universe", "--port", "0", "--port-file", file.path] + arguments,
            environment: clock?.environment ?? [:], logs: logs
        )
        await children.add(child)
        simulatorProcess = child
        simulator = SimulatedExchanges(port: try await Self.port(in: file, of: child), fetcher)
        database = PostgresPool(
            try PostgresConfiguration(url: postgres.url(), applicationName: "system-tests"), size: 3
        )
    }

    /// Runs a test on a new suite.
    /// - Parameters:
    ///   - simulator: what the simulator is told besides the universe; without limits by default, since tests poll every
    ///     second.
    ///   - clock: what the simulator reads the time from, if not from the machine.
    static func run(
        _ name: String = #function, simulator: [String] = ["--no-limits"], clock: SettableClock? = nil,
        _ body: (Suite) async throws -> Void
    ) async throws {
        let suite = try await Suite(String(name.prefix { $0 != "(" }), simulator: simulator, clock: clock)
        do {
            try await body(suite)
        } catch {
            for (name, text) in suite.logTails() where !text.isEmpty { Issue.record("\(name): \(text)") }
            await suite.end()
            throw error
        }
        await suite.end()
    }

    private func end() async {
        await database.close()
        await fetcher.close()
        await children.killAll()
        do {
            try await postgres.stop()
            try await redis.stop()
            if ProcessInfo.processInfo.environment["KEEP"] == nil { try FileManager.default.removeItem(at: folder) }
        } catch {
            Issue.record("could not tidy up \(folder.path): \(error)")
        }
    }

    private func logTails() -> [(String, String)] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: logs.path).filter { $0.hasSuffix(".log") }
                .sorted()
                .map { name in
                    let text = String(decoding: try Data(contentsOf: logs.appending(path: name)), as: UTF8.self)
                    return (name, text.split(separator: "\n").suffix(25).joined(separator: "\n"))
                }
        } catch {
            return [("logs", "cannot be read: \(error)")]
        }
    }

    // MARK: - Services

    /// What every service of the suite gets.
    func environment(user: String) -> [String: String] {
        var environment = [
            "PATH": "/usr/bin:/bin", "DATABASE_URL": postgres.url(user), "REDIS_URL": redis.url, "LOG_LEVEL": "debug",
        ]
        // All of them, whatever a test is about: nothing started without names may ask a real host.
        for feed in Self.allContracts.keys {
            // A host of its own for each, as in the world: a feed has its host's few connections to itself. libcurl itself
            // knows that every such name is loopback.
            environment["FUNDING_\(FeedID(rawValue: feed).environmentName)_URL"] =
                "http://\(feed).localhost:\(simulator.port)/\(feed)"
        }
        return environment
    }

    /// Starts a program and does not wait.
    func start(_ name: String, _ command: [String], environment: [String: String]) async throws -> Child {
        let child = try Child(
            name, [Programs.path(command[0])] + command.dropFirst(), environment: environment, logs: logs)
        await children.add(child)
        return child
    }

    func startCollector(
        _ name: String = "collector", every seconds: Int = 1, feeds: [String] = Suite.feeds,
        _ environment: [String: String] = [:]
    ) async throws -> Child {
        try await start(
            name, ["funding-collector", "--poll-interval", "\(seconds)", "--exchanges", feeds.joined(separator: ",")],
            environment: self.environment(user: "funding_collector").merging(environment) { $1 }
        )
    }

    func startAPI(_ environment: [String: String] = [:]) async throws -> RunningAPI {
        let file = folder.appending(path: "api-\(UInt32.random(in: 0...UInt32.max)).port")
        let more = ["DATABASE_READ_URL": postgres.url("funding_api"), "API_PORT": "0", "API_READ_LIMIT": "0"]
        let child = try await start(
            "api", ["funding-api", "--port-file", file.path],
            environment: self.environment(user: "funding_api").merging(more) { $1 }.merging(environment) { $1 }
        )
        return RunningAPI(child: child, port: try await Self.port(in: file, of: child), fetcher)
    }

    /// Asks the simulator to end in good order.
    func stopSimulator() async throws -> Child.Ending { try await simulatorProcess.end(SIGTERM) }

    private static func port(in file: URL, of child: Child) async throws -> Int {
        try await eventually("\(child.name) listens", within: .seconds(20), every: .milliseconds(50)) {
            if let ending = await child.ending { throw Failure("\(child.name) ended with \(ending): \(try child.log)") }
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            let text = try String(contentsOf: file, encoding: .utf8)
            return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}

/// The processes of one suite.
private actor Children {
    private var children: [Child] = []

    func add(_ child: Child) { children.append(child) }

    func killAll() async {
        for child in children.reversed() {
            do { try await child.end(SIGKILL) } catch { Issue.record("\(child.name) does not end: \(error)") }
        }
        children = []
    }
}
