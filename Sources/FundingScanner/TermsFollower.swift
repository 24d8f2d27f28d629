import Foundation
import FundingCore
import FundingStore

/// Reads the interval ledger entry by entry: each comes once, whether an event told of it or not.
actor TermsFollower {
    /// An entry is dated when its poll was answered and seen when that is committed: at most a poll's deadline later.
    private static let overlap: TimeInterval = 120

    private struct Entry: Hashable {
        var feed: FeedID
        var symbol: String
        var validFrom: Date
    }

    private let store: TermsStore
    private let start: Date
    private var seen: Set<Entry> = []
    private var latest: Date

    /// - Parameter start: older entries are history.
    init(_ store: TermsStore, since start: Date) {
        self.store = store
        self.start = start
        latest = start
    }

    /// The entries that are new since the last time, oldest first.
    func news() async throws -> [ContractsEvent] {
        var news: [ContractsEvent] = []
        for var event in try await store.changes(since: max(start, latest - Self.overlap)) {
            event.changes.removeAll { change in
                !seen.insert(Entry(feed: event.feed, symbol: change.symbol, validFrom: event.validFrom)).inserted
            }
            if !event.changes.isEmpty { news.append(event) }
            latest = max(latest, event.validFrom)
        }
        seen = seen.filter { $0.validFrom >= latest - Self.overlap }
        return news
    }
}
