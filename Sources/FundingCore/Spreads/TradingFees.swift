/// What an exchange takes for a trade in its base tier, as fractions of notional; nil where it is not documented.
public struct TradingFees: Hashable, Sendable {
    public var taker: Double?
    public var maker: Double?

    public init(taker: Double?, maker: Double?) {
        self.taker = taker
        self.maker = maker
    }
}
