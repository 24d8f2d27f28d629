public import Foundation

/// Which exchanges and feeds the settings have on or off, other than they are by default.
public struct FeedSwitches: Hashable, Sendable {
    /// By the id of a feed or of an exchange.
    private let enabled: [String: Bool]

    /// - Parameter settings: by default nothing is switched.
    public init(_ settings: ExchangeSettings = ExchangeSettings()) { enabled = settings.enabled }

    /// Whether a feed is out of use: switched off, and not polled lately. A collector polls what its command line names,
    /// whatever the settings say, and what they have just switched off until it is started again.
    public func isDisabled(_ feed: FeedState, at now: Date) -> Bool {
        // What is said of a feed goes before what is said of its exchange.
        guard let isOn = enabled[feed.feed.rawValue] ?? enabled[feed.exchange.rawValue], !isOn else { return false }
        guard let polledAt = feed.lastPolledAt else { return true }
        return now.timeIntervalSince(polledAt) > Visibility.staleAfter(pollPeriod: feed.pollPeriod)
    }
}

extension MarketState {
    /// The feeds that are out of use: what they were like last is nobody's trouble.
    public func disabledFeeds(at now: Date) -> Set<FeedID> {
        Set(feeds.values.filter { switches.isDisabled($0, at: now) }.map(\.feed))
    }
}
