/// The names of the pub/sub channels. An event is a hint: it is published after the rows it tells of are committed.
public enum Channels {
    /// One poll of one of the exchange's feeds was committed.
    public static func rates(_ exchange: ExchangeID) -> String { ratesPrefix + exchange.rawValue }

    /// The rates of all exchanges.
    public static let allRates = ratesPrefix + "*"

    /// The terms of contracts changed: listings, delistings, intervals, multipliers, limits.
    public static let contracts = "funding:contracts"

    /// Spreads between exchanges changed.
    public static let arbitrage = "funding:arbitrage"

    /// Settled payments were committed.
    public static let settlements = "funding:settlements"

    /// How far a backfill job has come.
    public static let backfill = "funding:backfill"

    /// The statistics of contracts changed.
    public static let statistics = "funding:statistics"

    /// The settings have another revision.
    public static let settings = "funding:settings"

    private static let ratesPrefix = "funding:rates:"
}
