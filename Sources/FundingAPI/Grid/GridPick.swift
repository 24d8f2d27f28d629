import FundingCore

/// Which of several contracts stands for an asset on an exchange.
enum GridPick: String, Sendable, CaseIterable {
    /// The largest hourly rate, whatever its sign.
    case extreme
    /// The largest open interest.
    case oi
    /// The one in the middle by hourly rate; of an even number, the lower of the two.
    case median

    /// - Parameter rates: at least one.
    func choice(among rates: [LiveRate]) -> LiveRate {
        precondition(!rates.isEmpty, "A cell needs a contract.")
        switch self {
        case .extreme:
            return rates.reduce(rates[0]) { Self.isMoreExtreme($1, than: $0) ? $1 : $0 }
        case .oi:
            return rates.reduce(rates[0]) { Self.isLarger($1, than: $0) ? $1 : $0 }
        case .median:
            let sorted = rates.sorted { ($0.hourlyRate, $0.contract.symbol) < ($1.hourlyRate, $1.contract.symbol) }
            return sorted[(sorted.count - 1) / 2]
        }
    }

    private static func isMoreExtreme(_ rate: LiveRate, than other: LiveRate) -> Bool {
        let (size, otherSize) = (abs(rate.hourlyRate), abs(other.hourlyRate))
        return size == otherSize ? isLarger(rate, than: other) : size > otherSize
    }

    private static func isLarger(_ rate: LiveRate, than other: LiveRate) -> Bool {
        let (interest, otherInterest) = (rate.openInterestUSD ?? -1, other.openInterestUSD ?? -1)
        return interest == otherInterest ? rate.contract.symbol < other.contract.symbol : interest > otherInterest
    }
}
