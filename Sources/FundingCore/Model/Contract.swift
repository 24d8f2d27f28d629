public import Foundation

/// One perpetual as one exchange lists it. Its key is exchange and symbol.
public struct Contract: Hashable, Sendable {
    public var exchange: ExchangeID
    public var feed: FeedID
    /// The exchange's own spelling, never altered: it addresses the contract in requests and links.
    public var symbol: String
    /// What is priced, normalised across exchanges: `XBT` → `BTC`, `1000PEPE` → `PEPE`.
    public var baseAsset: String
    /// What the price is in.
    public var quoteAsset: String
    /// What profit and funding are paid in.
    public var settleAsset: String
    /// How many units of the base asset one unit of the symbol is: 1000 for `1000PEPEUSDT`.
    public var denomination: Double
    public var contractType: ContractType
    public var marketType: MarketType
    /// When trading began, if the exchange says so.
    public var listedAt: Date?
    /// The exchange's page for trading it.
    public var tradingURL: String?
    /// What addresses the contract where the exchange asks for something else than the symbol: a market's number.
    public var nativeID: String?

    public init(
        exchange: ExchangeID, feed: FeedID, symbol: String, baseAsset: String, quoteAsset: String, settleAsset: String,
        denomination: Double = 1, contractType: ContractType = .linear, marketType: MarketType = .crypto,
        listedAt: Date? = nil, tradingURL: String? = nil, nativeID: String? = nil
    ) {
        self.exchange = exchange
        self.feed = feed
        self.symbol = symbol
        self.baseAsset = baseAsset
        self.quoteAsset = quoteAsset
        self.settleAsset = settleAsset
        self.denomination = denomination
        self.contractType = contractType
        self.marketType = marketType
        self.listedAt = listedAt
        self.tradingURL = tradingURL
        self.nativeID = nativeID
    }
}

/// Linear contracts settle in a quote-like asset, inverse ones in the base asset (coin-margined).
public enum ContractType: String, Sendable, CaseIterable {
    case linear, inverse
}

/// What kind of thing the base asset is. Only contracts of the same kind may ever be compared across exchanges.
public enum MarketType: String, Sendable, CaseIterable {
    case crypto, index, stock, commodity, forex, rates
    /// A token or share that does not trade elsewhere yet.
    case premarket
    /// The exchange has not told: never paired.
    case unknown
}
