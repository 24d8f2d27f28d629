import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Streams go wrong in every way at once, each on its own feed: it is noticed in time, named, and made good; the
    /// polls fill the gap.
    struct StreamFaultTests {
        /// What a connection's end is called, what its text holds, and how long it may take to be noticed.
        private struct Expected {
            var feed: String
            var kind: String
            var detail: String
            var seconds: ClosedRange<Double>
        }

        /// The longest time without data is documented with each stream's terms; it is noticed half a second after it has
        /// passed, and recorded within five seconds.
        private static let ends = [
            // Half open: nothing comes, and nothing that is sent is heard. A message is due every second.
            Expected(feed: "aster", kind: "silent", detail: "no data on !markPrice@arr@1s", seconds: 5...30),
            // Answers to heartbeats, but no data.
            Expected(feed: "lighter", kind: "silent", detail: "no data", seconds: 25...60),
            // One contract's channel, where each pushes every second.
            Expected(
                feed: "binance-coinm", kind: "silent", detail: "no data on btcusd_perp@markPrice@1s", seconds: 5...30),
            Expected(feed: "deribit", kind: "closed", detail: "1012", seconds: 0...20),
            Expected(feed: "hibachi", kind: "closed", detail: "4001", seconds: 0...20),
            Expected(feed: "dydx", kind: "unreadable", detail: "JSON refused", seconds: 10...40),
            Expected(feed: "pacifica", kind: "unreadable", detail: "100000000 bytes", seconds: 0...20),
        ]
        private static let refused = ["bybit", "edgex"]
        private static let untouched = ["binance-usdm", "kraken"]
        private static let feeds = ends.map(\.feed) + refused + untouched

        @Test func eachWayToGoWrongIsNoticedNamedAndMadeGoodWhileThePollsGoOn() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startListener(every: 5, feeds: Self.feeds)
                let before = try await suite.waitForStreams(of: Self.feeds)
                // The greatest age that any row of each feed reached, in seconds.
                let watch = await Watch(startingWith: [String: Double](), every: .milliseconds(500)) { oldest in
                    oldest.merge(try await suite.ages()) { max($0, $1) }
                }
                let struck = Date()
                try await Self.strike(suite, before)

                try await withThrowingTaskGroup { group in
                    for expected in Self.ends {
                        group.addTask { try await Self.prove(expected, before, struck, suite) }
                    }
                    group.addTask { try await Self.proveRefusals(before, struck, suite) }
                    try await group.waitForAll()
                }
                for connection in try await suite.connections() where Self.untouched.contains(connection.feed) {
                    #expect(connection.isOpen && connection.openings == 1, "\(connection)")
                    #expect(connection.unreadable == (connection.feed == "kraken" ? 10 : 0), "\(connection)")
                }
                for (feed, age) in try await watch.end() { #expect(age < 10, "rows of \(feed)") }

                try await Self.proveThatStreamsAloneSuffice(suite)
                #expect(await collector.isRunning)
            }
        }

        private static func strike(_ suite: Suite, _ before: [Suite.Connection]) async throws {
            func count(_ feed: String) -> Int { before.count { $0.feed == feed } }
            try await suite.strike("aster", "silent", count: count("aster"))
            try await suite.strike("lighter", "pongs_only", count: count("lighter"))
            try await suite.strike(
                "binance-coinm", "channel_silent", topic: "btcusd_perp@", count: count("binance-coinm"))
            try await suite.strike("deribit", "close", code: 1012, count: count("deribit"))
            try await suite.strike("hibachi", "close", code: 4001, count: count("hibachi"))
            // Nothing but garbage: among data a few messages are only counted.
            try await suite.strike("dydx", "pongs_only", count: count("dydx"))
            try await suite.strike("dydx", "garbage", count: 20)
            try await suite.strike("kraken", "garbage", count: 10 * count("kraken"))
            try await suite.strike("pacifica", "huge_frame", count: count("pacifica"))
            try await suite.strike("bybit", "refuse", status: 429, retryAfter: 15, count: 1)
            try await suite.strike("edgex", "refuse", status: 403)
            for feed in refused { try await suite.strike(feed, "close", code: 1001, count: count(feed)) }
        }

        private static func prove(_ expected: Expected, _ before: [Suite.Connection], _ struck: Date, _ suite: Suite)
            async throws
        {
            let feed = expected.feed
            let known = before.filter { $0.feed == feed }
            let ended = try await eventually("\(feed): an end", within: .seconds(75), every: .milliseconds(500)) {
                try await suite.connections(of: feed).first { $0.lastEndAt.map { $0 > struck } ?? false }
            }
            #expect(ended.lastEndKind == expected.kind, "\(feed)")
            #expect(ended.lastEnd?.contains(expected.detail) == true, "\(feed): \(ended.lastEnd ?? "")")
            let seconds = try ended.lastEndAt.required("an end").timeIntervalSince(struck)
            #expect(expected.seconds.contains(seconds), "\(feed) after \(seconds) s")
            try await eventually("\(feed): open again", within: .seconds(30), every: .milliseconds(500)) {
                let now = try await suite.connections(of: feed)
                return now.allSatisfy { $0.isOpen && $0.updates > 0 } && now.contains { $0.openings > 1 }
                    && now.map(\.key) == known.map(\.key) && now.map(\.contracts) == known.map(\.contracts)
            }
        }

        /// A host that refuses one connection is left alone by all for as long as it said; one that did not say, for ten
        /// minutes.
        private static func proveRefusals(_ before: [Suite.Connection], _ struck: Date, _ suite: Suite) async throws {
            let refusedAt = try await eventually("Bybit refuses", every: .milliseconds(200)) {
                try await suite.connections(of: "bybit").first { $0.lastEndKind == "blocked" }?.lastEndAt
            }
            try await eventually("EdgeX refuses") {
                try await suite.connections(of: "edgex").contains { connection in
                    connection.lastEndKind == "blocked" && !connection.isOpen
                        && connection.reopensAt.map { $0.timeIntervalSinceNow > 500 } ?? false
                }
            }
            let count = before.count { $0.feed == "bybit" }
            try await eventually("Bybit is open again", within: .seconds(45), every: .milliseconds(500)) {
                let now = try await suite.connections(of: "bybit")
                return now.count == count && now.allSatisfy { $0.isOpen && $0.updates > 0 && $0.openings > 1 }
            }
            let sockets = try await suite.sockets()
            let opened = try sockets["bybit"].required("bybit").openedAt.filter {
                $0 > refusedAt.addingTimeInterval(0.3)
            }
            #expect(opened.allSatisfy { $0.timeIntervalSince(refusedAt) >= 14.9 })
            #expect(sockets["bybit"]?.refused == 1)
            // Two sockets at the most were on their way when the first was refused.
            #expect(sockets["edgex"]?.refused ?? 99 <= before.count { $0.feed == "edgex" })
        }

        /// The exchanges answer no request any more: their rows stay fresh by what they push, of every contract.
        private static func proveThatStreamsAloneSuffice(_ suite: Suite) async throws {
            // Lighter pushes what has changed, and says nothing of a market where nothing has.
            let alone = ["aster", "bybit", "binance-coinm", "deribit", "hibachi", "dydx", "pacifica", "kraken"]
            for feed in alone { try await suite.simulator.spoil(feed, "status", status: 500) }
            try await eventually("no poll succeeds") {
                let health = try await suite.health()
                return alone.allSatisfy { health[$0]?.status == "failing" }
            }
            let began = ContinuousClock.now
            while ContinuousClock.now - began < .seconds(20) {
                let ages = try await suite.ages()
                for feed in alone { #expect(ages[feed] ?? 99 < 15, "\(feed)") }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
