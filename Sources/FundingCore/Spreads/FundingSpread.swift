import Foundation

/// Two contracts of one base asset on two exchanges, long the one with the lower hourly rate and short the other, equal
/// notional: what their funding difference pays at the current rates.
///
/// With h the rate per hour of a leg, the carry received is n = h(short) − h(long) per hour and unit of notional. All
/// other amounts are n times a length of time, so that they cannot disagree.
public struct FundingSpread: Hashable, Sendable {
    /// By which a pair is known; it names a direction, so that a pair that flips gets another key.
    public struct Key: Hashable, Sendable, Comparable {
        public var long: Int
        public var short: Int

        public init(long: Int, short: Int) {
            self.long = long
            self.short = short
        }

        public static func < (left: Key, right: Key) -> Bool {
            (left.long, left.short) < (right.long, right.short)
        }
    }

    /// Whether one leg pays and the other receives by itself, or both have the same sign and only the difference pays.
    public enum Kind: String, Sendable, CaseIterable {
        case oppositeSign = "opposite_sign"
        case sameSign = "same_sign"
    }

    public var asset: String
    public var marketType: MarketType
    public var long: SpreadLeg
    public var short: SpreadLeg
    public var identity: PairIdentity
    /// By how many percent a unit of the base asset costs more on the short leg's exchange, to a tenth of a percent, or to
    /// two digits beyond ten percent; nil if a price is unknown. It moves with every poll, and finer steps tell nothing.
    public var priceGapPercent: Double?
    public var risks: SpreadRisks

    /// A pair as it was told; it need not pay.
    public init(
        asset: String, marketType: MarketType, long: SpreadLeg, short: SpreadLeg, identity: PairIdentity,
        priceGapPercent: Double?, risks: SpreadRisks
    ) {
        self.asset = asset
        self.marketType = marketType
        self.long = long
        self.short = short
        self.identity = identity
        self.priceGapPercent = priceGapPercent
        self.risks = risks
    }

    /// Nil unless the pair pays: n > 0.
    init?(_ one: BoardLeg, _ other: BoardLeg, of group: SpreadBoard.Group, _ policy: SpreadPolicy) {
        let (oneRate, otherRate) = (one.leg.hourlyRate, other.leg.hourlyRate)
        guard oneRate != otherRate else { return nil }
        let (long, short) = oneRate < otherRate ? (one, other) : (other, one)
        asset = group.asset
        marketType = group.marketType
        self.long = long.leg
        self.short = short.leg
        let ratio: Double? =
            if let shortPrice = short.unitPrice, let longPrice = long.unitPrice { shortPrice / longPrice } else { nil }
        identity = PairIdentity(priceRatio: ratio, tolerance: policy.identityTolerance)
        priceGapPercent = ratio.map { Coarse.percent(($0 - 1) * 100) }
        risks = long.leg.risks.union(short.leg.risks)
        if let ratio, max(ratio, 1 / ratio) - 1 >= policy.notablePriceGap { risks.insert(.priceGap) }
        if let one = long.hasHistory, let other = short.hasHistory, one != other { risks.insert(.oneSidedHistory) }
    }

    /// The pair of two contracts as the market shows them, whichever way it pays; nothing is known of risks.
    public init(long: LiveRate, short: LiveRate, _ policy: SpreadPolicy = SpreadPolicy()) {
        var ratio: Double?
        if let shortPrice = short.unitPriceUSD, let longPrice = long.unitPriceUSD { ratio = shortPrice / longPrice }
        self.init(
            asset: long.contract.baseAsset, marketType: long.contract.marketType, long: SpreadLeg(long),
            short: SpreadLeg(short), identity: PairIdentity(priceRatio: ratio, tolerance: policy.identityTolerance),
            priceGapPercent: ratio.map { Coarse.percent(($0 - 1) * 100) }, risks: [])
    }

    /// The same pair held the other way round: it costs what this one pays.
    public var reversed: FundingSpread {
        var other = self
        (other.long, other.short) = (short, long)
        other.priceGapPercent = priceGapPercent.map { Coarse.percent((1 / (1 + $0 / 100) - 1) * 100) }
        return other
    }

    public var key: Key { Key(long: long.id, short: short.id) }

    public var kind: Kind {
        let (lower, upper) = (min(long.fundingRate, short.fundingRate), max(long.fundingRate, short.fundingRate))
        return lower <= 0 && upper >= 0 && lower != upper ? .oppositeSign : .sameSign
    }

    /// Whether it stands in rankings: the same asset for sure, and a rate that is told.
    public var isRanked: Bool { identity == .proven && !risks.contains(.zeroSuspect) }

    // MARK: - What it pays

    /// n: fraction of notional per hour.
    public var hourlyCarry: Double { short.hourlyRate - long.hourlyRate }
    /// Difference of the rates as quoted, each per its own interval: for information, intervals may differ.
    public var rateSpread: Double { short.fundingRate - long.fundingRate }
    /// Fraction of notional per eight hours: 8·n.
    public var rateSpread8h: Double { 8 * hourlyCarry }
    /// Percent a year, simple: n·876 000, the short leg's APR minus the long leg's.
    public var aprSpread: Double { hourlyCarry * 876_000 }
    public var dailySpread: Double { 24 * hourlyCarry }
    public var weeklySpread: Double { 7 * dailySpread }
    public var monthlySpread: Double { 30 * dailySpread }
    public var quarterlySpread: Double { 90 * dailySpread }
    /// Fraction of notional per 365 days; times 100 it is `aprSpread`.
    public var yearlySpread: Double { 365 * dailySpread }

    /// The time after which both legs have been paid for whole intervals.
    public var syncPeriodHours: Double { Double(SyncPeriod.minutes(of: long, and: short)) / 60 }
    /// What the long leg's rate amounts to in a sync period; positive: it pays.
    public var longSyncFunding: Double { long.hourlyRate * syncPeriodHours }
    /// What the short leg's rate amounts to in a sync period; positive: it receives.
    public var shortSyncFunding: Double { short.hourlyRate * syncPeriodHours }
    public var syncPeriodSpread: Double { hourlyCarry * syncPeriodHours }

    // MARK: - What stands behind it

    /// US dollars, to three digits; nil if a leg's is unknown.
    public var combinedOpenInterestUSD: Double? {
        guard let one = long.openInterestUSD, let other = short.openInterestUSD else { return nil }
        return one + other
    }

    /// US dollars of the leg that has less; nil if a leg's is unknown.
    public var minimumOpenInterestUSD: Double? {
        guard let one = long.openInterestUSD, let other = short.openInterestUSD else { return nil }
        return min(one, other)
    }
}
