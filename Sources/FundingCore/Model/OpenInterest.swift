/// What is outstanding of a contract, one side of it: as the exchange counts it, and what that is worth.
public struct OpenInterest: Hashable, Sendable {
    /// What an exchange counts in.
    public enum Unit: String, Sendable, CaseIterable {
        /// Units of the symbol, of which the mark price is that of one: coins, or thousands of them for `1000PEPEUSDT`.
        case base
        /// The exchange's own lots, each worth the contract's size.
        case contracts
        /// US dollars.
        case usd
    }

    public struct Quantity: Hashable, Sendable {
        public var amount: Double
        public var unit: Unit

        public init(_ amount: Double, _ unit: Unit) {
            self.amount = amount
            self.unit = unit
        }
    }

    /// Notional in US dollars; nil if no price in dollars is known, never 0 for unknown.
    public var usd: Double?
    /// As the exchange counts it; nil if only the worth is known.
    public var raw: Quantity?

    public init(usd: Double?, raw: Quantity? = nil) {
        self.usd = usd
        self.raw = raw
    }

    /// So many units of the symbol at its price in dollars; nil if the exchange states none.
    public static func base(_ amount: Double?, at price: Double?) -> OpenInterest? {
        amount.map { amount in OpenInterest(usd: price.map { amount * $0 }, raw: Quantity(amount, .base)) }
    }

    /// So many lots and what they are worth; nil if the exchange states none.
    public static func contracts(_ amount: Double?, usd: Double?) -> OpenInterest? {
        amount.map { OpenInterest(usd: usd, raw: Quantity($0, .contracts)) }
    }

    /// Counted in dollars; nil if the exchange states none.
    public static func dollars(_ amount: Double?) -> OpenInterest? {
        amount.map { OpenInterest(usd: $0, raw: Quantity($0, .usd)) }
    }
}

extension OpenInterest? {
    /// What is known after a later reading: what that does not say stands.
    public func followed(by later: OpenInterest?) -> OpenInterest? {
        guard let self, let later else { return later ?? self }
        return OpenInterest(usd: later.usd ?? self.usd, raw: later.raw ?? self.raw)
    }
}
