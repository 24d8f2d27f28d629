/// A number that a rule can be about.
public enum AlertMeasure: String, Hashable, Sendable, CaseIterable {
    /// Percent a year: of the short leg less that of the long leg.
    case spreadAPR = "spread_apr"
    /// Percent a year after fees, over the holding time of the settings.
    case spreadNetAPR = "spread_net_apr"
    /// Standard deviations from the mean of the pair's hourly spreads of 30 days.
    case spreadZScore = "spread_zscore"
    /// Fraction of notional per the contract's own interval.
    case fundingRate = "funding_rate"
    /// Percent a year.
    case apr
    /// Standard deviations from the mean of the contract's settled rates of 30 days.
    case zScore = "zscore"
    /// Seconds since the exchange's rates were last observed.
    case exchangeAge = "exchange_age"
}

/// The numbers known of a subject; nil is unknown, never zero.
public struct AlertValues: Hashable, Sendable {
    public var spreadAPR: Double?
    public var spreadNetAPR: Double?
    public var spreadZScore: Double?
    public var fundingRate: Double?
    public var apr: Double?
    public var zScore: Double?
    public var exchangeAge: Double?

    public init() {}

    public subscript(measure: AlertMeasure) -> Double? {
        get {
            switch measure {
            case .spreadAPR: spreadAPR
            case .spreadNetAPR: spreadNetAPR
            case .spreadZScore: spreadZScore
            case .fundingRate: fundingRate
            case .apr: apr
            case .zScore: zScore
            case .exchangeAge: exchangeAge
            }
        }
        set {
            switch measure {
            case .spreadAPR: spreadAPR = newValue
            case .spreadNetAPR: spreadNetAPR = newValue
            case .spreadZScore: spreadZScore = newValue
            case .fundingRate: fundingRate = newValue
            case .apr: apr = newValue
            case .zScore: zScore = newValue
            case .exchangeAge: exchangeAge = newValue
            }
        }
    }
}

/// News of one subject.
public enum AlertInput: Hashable, Sendable {
    /// What is known of a pair, a contract or an exchange now.
    case reading(AlertSubject, AlertValues)
    /// Nothing is known of it any more: a leg has gone stale, a contract was delisted. That is not the same as a value
    /// below a threshold.
    case gone(AlertSubject)
    /// A contract's terms changed; the subject is a `change`.
    case change(AlertSubject, TermsChange)

    public var subject: AlertSubject {
        switch self {
        case .reading(let subject, _), .gone(let subject), .change(let subject, _): subject
        }
    }
}
