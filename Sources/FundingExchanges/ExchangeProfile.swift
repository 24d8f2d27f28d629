import Foundation
public import FundingCore

/// The facts about a feed that are no code.
public struct ExchangeProfile: Sendable {
    public enum Kind: String, Sendable {
        case cex, dex
    }

    public var exchange: ExchangeID
    public var feed: FeedID
    /// The exchange's name as people write it.
    public var name: String
    public var kind: Kind
    /// Scheme and host that every path of the feed is appended to.
    public var host: String
    /// The exchange's documented request budget.
    public var budget: RequestBudget
    /// Budgets that some requests have for themselves, by the name requests give.
    public var ownBudgets: [String: RequestBudget]
    /// How long an answer to a listing request is kept.
    public var listingPeriod: Duration
    public var naming: AssetNaming

    public init(
        exchange: ExchangeID, feed: FeedID, name: String, kind: Kind, host: String, budget: RequestBudget,
        ownBudgets: [String: RequestBudget] = [:], listingPeriod: Duration = .seconds(600),
        naming: AssetNaming = AssetNaming()
    ) {
        self.exchange = exchange
        self.feed = feed
        self.name = name
        self.kind = kind
        self.host = host
        self.budget = budget
        self.ownBudgets = ownBudgets
        self.listingPeriod = listingPeriod
        self.naming = naming
    }

    /// A contract of this feed: its asset named by the exchange's base field, everything else as given.
    func contract(
        _ symbol: String, base rawBase: String, quote: String, settle: String, type: ContractType = .linear,
        market: MarketType, listedAt: Date? = nil, tradingURL: String
    ) -> Contract {
        let asset = naming.asset(rawBase)
        return Contract(
            exchange: exchange, feed: feed, symbol: symbol, baseAsset: asset.name, quoteAsset: quote,
            settleAsset: settle, denomination: asset.denomination, contractType: type, marketType: market,
            listedAt: listedAt, tradingURL: tradingURL
        )
    }
}

/// A documented limit: so much weight per window, spent through a token bucket.
public struct RequestBudget: Sendable {
    public var weight: Double
    public var window: Duration

    public init(_ weight: Double, per window: Duration) {
        self.weight = weight
        self.window = window
    }

    /// The share of the documented limit that we allow ourselves: two clocks never agree on where a window begins, and
    /// a user may run other programs from the same address.
    private static let share = 0.8

    /// A bucket that cannot spend more than our share in any window: at most half of it at once, the rest as it refills.
    func bucket(at now: ContinuousClock.Instant) -> TokenBucket {
        let allowed = weight * Self.share
        let seconds = window / .seconds(1)
        return TokenBucket(capacity: max(allowed / 2, 1), refillPerSecond: allowed / 2 / seconds, at: now)
    }
}
