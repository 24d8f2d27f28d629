public import Foundation
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
    /// How long after a payment fell due its exchange may take to list it among the settled ones, in seconds. No exchange
    /// documents it: Binance's are there within seconds to minutes.
    public var publicationDelay: TimeInterval
    public var naming: AssetNaming
    /// Whether the feed's rates move until they are paid.
    public var rateKind: RateKind
    /// Whether the feed is read unless it is named.
    public var isOnByDefault: Bool

    public init(
        exchange: ExchangeID, feed: FeedID, name: String, kind: Kind, host: String, budget: RequestBudget,
        ownBudgets: [String: RequestBudget] = [:], listingPeriod: Duration = .seconds(600),
        publicationDelay: TimeInterval = 60, naming: AssetNaming = AssetNaming(), rateKind: RateKind = .predicted,
        isOnByDefault: Bool = true
    ) {
        self.exchange = exchange
        self.feed = feed
        self.name = name
        self.kind = kind
        self.host = host
        self.budget = budget
        self.ownBudgets = ownBudgets
        self.listingPeriod = listingPeriod
        self.publicationDelay = publicationDelay
        self.naming = naming
        self.rateKind = rateKind
        self.isOnByDefault = isOnByDefault
    }

    /// A contract of this feed: its asset named by the exchange's base field, everything else as given.
    func contract(
        _ symbol: String, base rawBase: String, quote: String, settle: String, type: ContractType = .linear,
        market: MarketType, listedAt: Date? = nil, tradingURL: String, nativeID: String? = nil
    ) -> Contract {
        let asset = naming.asset(rawBase)
        return Contract(
            exchange: exchange, feed: feed, symbol: symbol, baseAsset: asset.name, quoteAsset: quote,
            settleAsset: settle, denomination: asset.denomination, contractType: type, marketType: market,
            listedAt: listedAt, tradingURL: tradingURL, nativeID: nativeID
        )
    }
}

/// A documented limit: so much weight in any window of time.
public struct RequestBudget: Sendable {
    public var weight: Double
    public var window: Duration

    public init(_ weight: Double, per window: Duration) {
        self.weight = weight
        self.window = window
    }

    func requestWindow(_ use: BudgetUse, at now: ContinuousClock.Instant) -> RequestWindow {
        RequestWindow(allowing: weight * use.share, per: window / use.speed, at: now)
    }

    /// The same budget as all processes share it.
    func shared(_ name: String, of host: String, _ use: BudgetUse) -> SharedBudget {
        SharedBudget(host: host, name: name, allowance: weight * use.share, window: window / use.speed)
    }

    /// What has been used, where the exchange says what is left.
    /// - Parameter limit: what it is left of, if it says that too: it need not be the documented limit.
    func used(leaving remaining: Double, of limit: Double?) -> Double {
        let limit = limit.flatMap { $0 > 0 ? $0 : nil } ?? weight
        return weight * max(0, limit - remaining) / limit
    }
}
