import FundingCore

extension RateField {
    /// The shape of the member's value.
    var schema: JSONShape {
        switch self {
        case .exchange, .exchangeID, .symbol, .baseAsset, .quoteAsset, .settleAsset: .text
        case .fundingRate, .hourlyRate, .apr, .fundingIntervalHours, .multiplier: .number
        case .fundingRateKind: .words(RateKind.self)
        case .nextFundingTime: .timestamp.orNull
        case .secondsUntilFunding: .number.orNull
        case .periodEnded, .continuous, .isActive, .stale: .flag
        case .indexPrice, .markPrice, .openInterest, .openInterestRaw: .number.orNull
        case .openInterestUnit: .words(OpenInterest.Unit.self).orNull
        case .contractType: .words(ContractType.self)
        case .marketType: .words(MarketType.self)
        case .tradingURL: .text.orNull
        case .lastUpdated: .timestamp
        case .ageSeconds, .hoursSinceUpdate: .number
        case .mean30d, .standardDeviation30d, .meanAPR30d, .standardDeviationAPR30d: .number.orNull
        case .zScore, .percentile, .percentileAPR: .number.orNull
        case .confidence: .words(Confidence.self)
        }
    }
}

extension JSONShape {
    /// A contract's row with all members.
    static let rate = named(Component(name: "Rate", schema: rateMembers))
    /// A contract's row with the members that were asked for.
    static let partOfRate = named(Component(name: "PartOfRate", schema: rateMembers.allOptional))

    static let rateMembers = record(
        RateField.allCases.map { Member(name: $0.rawValue, schema: $0.schema, isRequired: true) })
}
