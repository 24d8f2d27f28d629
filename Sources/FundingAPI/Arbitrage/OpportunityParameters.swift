import FundingCore
import FundingJSON

/// What the lists of pairs can be asked.
enum OpportunityParameters {
    static let leastSpread = Parameter<Double>.number(
        "min_spread", in: 0...100, default: 0.001, "Pays at least this fraction of notional per eight hours.")
    static let assets = Parameter<[String]>.assets("assets", "Only these assets.").orNamed("asset")
    static let exchanges = Parameter<[KnownExchange]>.exchanges(
        "exchanges", "One: pairs that it is part of. Several: pairs with both legs among them."
    ).orNamed("exchange")
    static let intervals = Parameter<[FundingInterval]>.intervals(
        "intervals", "Pairs with a leg that is paid this often: `8`, `8h`, `30m`."
    ).orNamed("interval")
    static let leastAPR = Parameter<Double?>.number("min_apr", "At least this APR spread, in percent.")
        .orNamed("min_apr_spread")
    static let mostAPR = Parameter<Double?>.number("max_apr", "At most this APR spread, in percent.")
        .orNamed("max_apr_spread")
    static let leastNetAPR = Parameter<Double?>.number(
        "min_net_apr", "Leaves at least so many percent a year after four fills as a taker.")
    static let holdingHours = Parameter<Double?>.number(
        "holding_hours", in: 1...87_600, "For how long net figures hold the position; the scanner's own if not said.")
    static let leastInterestEither = Parameter<Double?>.number(
        "min_oi_either", "Either leg has at least this open interest, in US dollars.")
    static let leastInterestBoth = Parameter<Double?>.number(
        "min_oi_both", "Each leg has at least this open interest, in US dollars.")
    static let leastInterestCombined = Parameter<Double?>.number(
        "min_oi_combined", "Both legs together have at least this open interest, in US dollars.")
    static let mode = Parameter<OpportunityFilter.Mode>.choice(
        "mode", default: .all, "Any pair that pays, or only those whose legs' rates have opposite signs.")
    static let leastZScore = Parameter<Double?>.number(
        "min_zscore", in: 0...1000, "The spread is at least so many deviations from its mean, either way.")
    static let isSignificantOnly = Parameter<Bool>.flag(
        "significant_only", "Only spreads more than two deviations from their mean.")
    static let leastConfidence = Parameter<Confidence>.choice(
        "min_confidence", default: .none, "At least so many hours stand behind the spread's statistics.")
    static let mostAge = Parameter<Double>.number(
        "max_age_seconds", in: 0...604_800, default: OpportunityFilter.usualAge,
        "Both rates were seen as they stand so lately.")
    static let includesUnranked = Parameter<Bool>.flag(
        "include_unranked", "Also pairs that may be of two different assets, and rates that are not believed.")
    static let sortBy = Parameter<OpportunityOrder.Key>.choice(
        "sort_by", default: .aprSpread, "What to sort by; unknown ones last.")
    static let direction = Parameter<RateOrder.Direction>.choice("sort_dir", default: .desc, "In which direction.")
        .orNamed("sort_order")

    static let filters: [any DeclaredParameter] = [
        leastSpread, assets, exchanges, intervals, leastAPR, mostAPR, leastNetAPR, holdingHours, leastInterestEither,
        leastInterestBoth, leastInterestCombined, mode, leastZScore, isSignificantOnly, leastConfidence, mostAge,
        includesUnranked,
    ]
    static let order: [any DeclaredParameter] = [sortBy, direction]
}

extension OpportunityFilter {
    init(_ arguments: inout Arguments) {
        leastSpread = arguments[OpportunityParameters.leastSpread]
        assets = Set(arguments[OpportunityParameters.assets])
        exchanges = Set(arguments[OpportunityParameters.exchanges].map(\.id))
        intervals = Set(arguments[OpportunityParameters.intervals])
        aprBounds = (arguments[OpportunityParameters.leastAPR], arguments[OpportunityParameters.mostAPR])
        if let least = aprBounds.least, let most = aprBounds.most, least > most {
            arguments.report(
                "value_error", OpportunityParameters.leastAPR.declaration, "min_apr must not exceed max_apr", "\(least)"
            )
        }
        leastNetAPR = arguments[OpportunityParameters.leastNetAPR]
        holdingHours = arguments[OpportunityParameters.holdingHours]
        leastInterest = (
            arguments[OpportunityParameters.leastInterestEither], arguments[OpportunityParameters.leastInterestBoth],
            arguments[OpportunityParameters.leastInterestCombined]
        )
        mode = arguments[OpportunityParameters.mode]
        leastZScore = arguments[OpportunityParameters.leastZScore]
        isSignificantOnly = arguments[OpportunityParameters.isSignificantOnly]
        leastConfidence = arguments[OpportunityParameters.leastConfidence]
        mostAge = arguments[OpportunityParameters.mostAge]
        includesUnranked = arguments[OpportunityParameters.includesUnranked]
    }

    static let schema: JSONShape = [
        "min_spread": .number.orNull, "assets": .list(.text), "exchanges": .list(.text), "intervals": .list(.number),
        "min_apr": .number.orNull, "max_apr": .number.orNull, "min_net_apr": .number.orNull,
        "holding_hours": .number.orNull, "min_oi_either": .number.orNull, "min_oi_both": .number.orNull,
        "min_oi_combined": .number.orNull, "mode": .words(Mode.self), "min_zscore": .number.orNull,
        "significant_only": .flag, "min_confidence": .words(Confidence.self), "max_age_seconds": .number.orNull,
        "include_unranked": .flag,
    ]

    /// Says what was asked for.
    func writeMembers(_ names: ExchangeNames, to writer: inout JSONWriter) {
        writer.field("min_spread", leastSpread)
        writer.field("assets", assets.sorted())
        writer.field("exchanges", exchanges.map { names[$0] }.sorted())
        writer.field("intervals", intervals.sorted().map(\.hours))
        writer.field("min_apr", aprBounds.least)
        writer.field("max_apr", aprBounds.most)
        writer.field("min_net_apr", leastNetAPR)
        writer.field("holding_hours", holdingHours)
        writer.field("min_oi_either", leastInterest.either)
        writer.field("min_oi_both", leastInterest.both)
        writer.field("min_oi_combined", leastInterest.combined)
        writer.field("mode", mode.rawValue)
        writer.field("min_zscore", leastZScore)
        writer.field("significant_only", isSignificantOnly)
        writer.field("min_confidence", leastConfidence.rawValue)
        writer.field("max_age_seconds", mostAge)
        writer.field("include_unranked", includesUnranked)
    }
}
