import Foundation
import FundingCore
import FundingStore
import PostgresDriver

/// What the database knows of how the suite fares, at one moment.
struct SuiteFacts {
    /// By the database's clock, which the ages below are counted by.
    var now: Date
    var heartbeats: [HeartbeatStore.Heartbeat]
    var feeds: [FeedState]
    var switches: FeedSwitches
    var streams: [StreamStore.Summary]
    /// The backfill that matters now; nil if there has been none.
    var backfill: BackfillDesk.Account?
    var pairs: ArbitrageProgress

    /// The services that tell of themselves in the database.
    static let services = ["collector", "backfiller", "scanner"]
    /// Pairs are written when they move; in five minutes some have.
    private static let oldPairs: TimeInterval = 300

    /// What is wrong, in sentences, the worst first.
    var troubles: [String] {
        silentServices + badFeeds + closedStreams + unfilledHistory + oldPairs
    }

    func isAlive(_ heartbeat: HeartbeatStore.Heartbeat) -> Bool {
        now.timeIntervalSince(heartbeat.beatAt) <= HeartbeatStore.silence
    }

    /// The feeds that are in use: what the others were like last is nobody's trouble.
    var polledFeeds: [FeedState] { feeds.filter { !switches.isDisabled($0, at: now) } }

    func age(of time: Date) -> String { AgeText.text(now.timeIntervalSince(time)) }

    private var silentServices: [String] {
        Self.services.compactMap { service in
            let known = heartbeats.filter { $0.service == service }
            guard !known.contains(where: isAlive) else { return nil }
            let last = known.map(\.beatAt).max()
            let when = last.map { "the last was heard \(age(of: $0)) ago" } ?? "none ever was"
            return "no \(service) is alive; \(when)"
        }
    }

    private var badFeeds: [String] {
        polledFeeds.compactMap { feed in
            guard let last = feed.lastSuccessAt else { return "\(feed.feed) has never been polled" }
            let isStale = now.timeIntervalSince(last) > Visibility.staleAfter(pollPeriod: feed.pollPeriod)
            guard isStale || feed.status != .ok else { return nil }
            let failures = feed.consecutiveFailures > 0 ? ", \(feed.consecutiveFailures) failures in a row" : ""
            let kind = feed.errorKind.map { " (\($0))" } ?? ""
            return "\(feed.feed) is \(isStale ? "stale, \(feed.status.rawValue)" : feed.status.rawValue)\(kind): "
                + "last good poll \(age(of: last)) ago\(failures)"
        }
    }

    private var closedStreams: [String] {
        let polled = Set(polledFeeds.map(\.exchange))
        return streams.filter { $0.open == 0 && polled.contains($0.exchange) }.map {
            "\($0.exchange) has none of its \($0.total) streams open; it is polled meanwhile"
        }
    }

    private var unfilledHistory: [String] {
        guard let backfill else { return ["history has never been filled"] }
        switch backfill.status {
        case .failed, .partial:
            return ["the last backfill is \(backfill.status.rawValue): \(backfill.account ?? "it left no account")"]
        case .queued, .running, .done, .cancelled: return []
        }
    }

    private var oldPairs: [String] {
        guard let computed = pairs.computedAt else { return ["pairs have never been written"] }
        guard now.timeIntervalSince(computed) > Self.oldPairs else { return [] }
        return ["pairs were last written \(age(of: computed)) ago"]
    }
}

extension SuiteFacts {
    init(reading pool: PostgresPool) async throws {
        let settings = try await SettingsStore(pool).current().settings()
        self.init(
            now: try await pool.query("SELECT now() AS now")[0].decode("now"),
            heartbeats: try await HeartbeatStore(pool).all(), feeds: try await LiveRateStore(pool).feeds(),
            switches: FeedSwitches(settings.exchanges),
            streams: try await StreamStore(pool).summaries(), backfill: try await BackfillDesk(pool).current(),
            pairs: try await OpportunityReader(pool).progress())
    }
}

/// Lengths of time as people say them.
enum AgeText {
    static func text(_ seconds: TimeInterval) -> String {
        let seconds = Int(max(seconds, 0))
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }
}
