import Foundation
import PostgresDriver
import Testing

/// What must hold through every fault of an exchange: watched while a test lets things go wrong, judged at its end.
struct Invariants {
    /// What a collector may take, and how old the rows of feeds without a fault may become.
    private enum Limit {
        /// Five bodies of the largest accepted size, decoded and read at once.
        static let memory = 512 << 20
        static let openFiles = 400
        /// A period of two seconds and the longest that a request may take: the simulator, too, is slow while it makes
        /// bodies of 64 MB on a busy machine.
        static let age = 12.0
        /// From the fault to its name in the tables, and from its end to the all-clear.
        static let notice = Duration.seconds(15)
        static let end = Duration.seconds(10)
    }

    private let suite: Suite
    private let collector: Child
    private let undisturbed: [String]
    private let watch: Watch<Finding>

    private struct Finding {
        var longestAge: [String: TimeInterval] = [:]
        var openFiles = 0
    }

    /// Begins to watch, once every undisturbed feed has its rows.
    /// - Parameter undisturbed: the feeds that must not notice what happens to others.
    init(_ suite: Suite, _ collector: Child, undisturbed: [String]) async throws {
        self.suite = suite
        self.collector = collector
        self.undisturbed = undisturbed
        try await eventually("the undisturbed feeds are there", within: .seconds(30)) {
            let counts = try await suite.rowCounts()
            return undisturbed.allSatisfy { counts[$0] == Suite.allContracts[$0] }
        }
        watch = await Watch(startingWith: Finding(), every: .milliseconds(100)) { finding in
            let health = try await suite.health()
            for feed in undisturbed {
                let age = -(try (health[feed]?.observedAt).required("observed_at of \(feed)")).timeIntervalSinceNow
                finding.longestAge[feed] = max(finding.longestAge[feed, default: 0], age)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(collector.pid)/fd").count
            finding.openFiles = max(finding.openFiles, files)
        }
    }

    /// I10: the tables and the log name the fault in time.
    /// - Returns: the feed's health when it was first seen so.
    @discardableResult
    func expectNamed(_ feed: String, _ errorKind: String, _ status: String = "failing") async throws -> Suite.Health {
        let health = try await eventually("\(feed) is \(status): \(errorKind)", within: Limit.notice) {
            let health = try await suite.health(of: feed)
            return health.errorKind == errorKind && [status, "circuit_open"].contains(health.status) ? health : nil
        }
        try await eventually("the log tells of \(feed)", within: .seconds(2)) {
            try collector.log.split(separator: "\n").contains {
                $0.contains("poll failed") && $0.contains("feed=\(feed)") && $0.contains("error_kind=\(errorKind)")
            }
        }
        return health
    }

    /// I10: the fault is over in the tables.
    func expectClear(_ feeds: [String]) async throws {
        try await eventually("\(feeds) are well again", within: Limit.notice) {
            let health = try await suite.health()
            return feeds.allSatisfy { health[$0]?.status == "ok" && health[$0]?.errorKind == nil }
        }
    }

    /// I6: no request of the feed between half a second after `start`, when those under way have arrived, and `end`.
    func expectSilence(of feed: String, from start: Date, to end: Date) async throws {
        let early = try await suite.simulator.requests(of: feed).filter {
            $0.at > start.addingTimeInterval(0.5) && $0.at < end.addingTimeInterval(-0.05)
        }
        #expect(early.isEmpty, "\(feed) was asked \(early.count) times inside its window: \(early.prefix(3))")
    }

    /// Ends the collector and judges.
    func judge() async throws {
        let finding = try await watch.end()
        // I5
        for (feed, age) in finding.longestAge { #expect(age < Limit.age, "\(feed) was \(age) s old") }
        // I7
        let memory = try Self.peakMemory(of: collector.pid)
        #expect(memory < Limit.memory, "the collector took \(memory >> 20) MB")
        #expect(finding.openFiles < Limit.openFiles)
        // I9
        #expect(try await collector.end(SIGTERM, within: Limit.end) == .status(0))
        // I2
        let twice = try await suite.database.query(
            "SELECT exchange, symbol FROM exchange_data GROUP BY exchange, symbol HAVING count(*) > 1"
        )
        #expect(twice.isEmpty)
        #expect(try await suite.successfulCycles() == suite.sequences().filter { $0.value > 0 })
        // I3
        let younger = try await suite.database.query(
            """
            SELECT d.feed, d.symbol FROM exchange_data d JOIN exchange_health h USING (feed)
             WHERE d.observed_at > h.last_success_at OR d.observed_at > now()
            """
        )
        #expect(younger.isEmpty, "\(younger.count) rows are younger than their feed's last answer")
    }

    private static func peakMemory(of pid: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }.required("VmHWM")
        return try Int(line.filter(\.isNumber)).required("kilobytes") << 10
    }
}
