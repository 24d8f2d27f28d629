import Foundation
import FundingCore

/// How long ago each exchange was last heard of, and which feeds have gone silent or come back since the last look.
struct FeedAges: Sendable {
    private var silent: Set<FeedID> = []

    /// The age of each exchange's rates: that of the feed which has been silent longest, of those in use. Of one that was
    /// never polled there is none, and one without feeds in use is gone.
    func ages(of market: MarketState, _ switches: FeedSwitches, at now: Date) -> [AlertInput] {
        Dictionary(grouping: market.feeds.values, by: \.exchange).sorted { $0.key.rawValue < $1.key.rawValue }
            .compactMap { exchange, feeds in
                let used = feeds.filter { !switches.isDisabled($0, at: now) }
                guard !used.isEmpty else { return .gone(.exchange(exchange)) }
                guard let oldest = used.compactMap(\.observedAt).min() else { return nil }
                var values = AlertValues()
                values.exchangeAge = now.timeIntervalSince(oldest)
                return .reading(.exchange(exchange), values)
            }
    }

    /// The ages, and the feeds whose contracts have to be looked at again: time alone has made them stale, or a poll that
    /// found them unchanged has made them fresh.
    mutating func look(
        at market: MarketState, _ switches: FeedSwitches, _ now: Date
    ) -> (ages: [AlertInput], turned: [FeedID]) {
        let stale = market.feeds.values.filter { feed in
            feed.observedAt.map { now.timeIntervalSince($0) > market.staleAfter(feed.feed) } ?? true
        }
        let before = silent
        silent = Set(stale.map(\.feed))
        return (ages(of: market, switches, at: now), Array(silent.symmetricDifference(before)))
    }
}
