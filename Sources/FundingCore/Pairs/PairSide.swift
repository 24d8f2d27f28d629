/// The two legs of a pair: equal notional, long on the one contract and short on the other.
public enum PairSide: String, Sendable, CaseIterable {
    case long, short

    /// What the holder of this leg receives of a rate, as a fraction of notional: where it is positive, longs pay shorts.
    public func received(of rate: Double) -> Double { self == .long ? -rate : rate }
}
