/// The names of the pub/sub channels. An event is a hint: it is published after the rows it tells of are committed.
public enum Channels {
    /// One poll of one of the exchange's feeds was committed.
    public static func rates(_ exchange: ExchangeID) -> String { ratesPrefix + exchange.rawValue }

    /// The rates of all exchanges.
    public static let allRates = ratesPrefix + "*"

    private static let ratesPrefix = "funding:rates:"
}
