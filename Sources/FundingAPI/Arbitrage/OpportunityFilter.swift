import Foundation
import FundingCore

/// Which pairs somebody asks for.
struct OpportunityFilter: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        case all
        case oppositeSign = "opposite_sign"
    }

    /// What is older is not shown unless it is asked for, in seconds.
    static let usualAge: TimeInterval = 600

    /// In capitals; the asset, or the asset with its kind: `HOOD (STOCK)`.
    var assets: Set<String> = []
    /// One: pairs that it is part of. Several: pairs that have both legs among them.
    var exchanges: Set<ExchangeID> = []
    /// Either leg's.
    var intervals: Set<FundingInterval> = []
    var mode = Mode.all
    var includesUnranked = false
    /// Fraction of notional per eight hours.
    var leastSpread: Double?
    /// Percent a year.
    var aprBounds: (least: Double?, most: Double?) = (nil, nil)
    var leastNetAPR: Double?
    /// The time for which net figures are told; nil: the scanner's own.
    var holdingHours: Double?
    /// US dollars; what is unknown is not enough.
    var leastInterest: (either: Double?, both: Double?, combined: Double?) = (nil, nil, nil)
    /// Of the score's amount.
    var leastZScore: Double?
    var isSignificantOnly = false
    var leastConfidence = Confidence.none
    /// Seconds.
    var mostAge: TimeInterval?

    /// The pairs that fit, in no order.
    func pairs(in moment: OpportunityMoment) -> [ListedOpportunity] {
        moment.seen(within: mostAge, among: moment.list.all.filter(fits))
    }

    /// What costs least is asked first.
    private func fits(_ pair: ListedOpportunity) -> Bool {
        guard includesUnranked || pair.isRanked else { return false }
        if let leastSpread, 8 * pair.hourlyCarry < leastSpread { return false }
        if let least = aprBounds.least, pair.aprSpread < least { return false }
        if let most = aprBounds.most, pair.aprSpread > most { return false }
        if mode == .oppositeSign, pair.opportunity.spread.kind != .oppositeSign { return false }
        guard fitsInterest(pair), fitsStatistics(pair.opportunity.statistics) else { return false }
        if let leastNetAPR {
            guard let netAPR = pair.worth(holdingHours: holdingHours).netAPR, netAPR >= leastNetAPR else {
                return false
            }
        }
        return fitsLegs(pair)
    }

    private func fitsInterest(_ pair: ListedOpportunity) -> Bool {
        if let either = leastInterest.either {
            guard max(pair.longInterest ?? 0, pair.shortInterest ?? 0) >= either else { return false }
        }
        if let both = leastInterest.both {
            guard let long = pair.longInterest, let short = pair.shortInterest, min(long, short) >= both else {
                return false
            }
        }
        if let combined = leastInterest.combined {
            guard let long = pair.longInterest, let short = pair.shortInterest, long + short >= combined else {
                return false
            }
        }
        return true
    }

    private func fitsStatistics(_ statistics: SpreadStatistics?) -> Bool {
        if let leastZScore {
            guard let score = statistics?.zScore, abs(score) >= leastZScore else { return false }
        }
        if isSignificantOnly, statistics?.isSignificant != true { return false }
        return leastConfidence == .none || Confidence(dataPoints: statistics?.dataPoints ?? 0) >= leastConfidence
    }

    private func fitsLegs(_ pair: ListedOpportunity) -> Bool {
        if !exchanges.isEmpty {
            let isLong = exchanges.contains(pair.opportunity.spread.long.exchange)
            let isShort = exchanges.contains(pair.opportunity.spread.short.exchange)
            guard exchanges.count == 1 ? isLong || isShort : isLong && isShort else { return false }
        }
        if !intervals.isEmpty {
            guard
                intervals.contains(pair.opportunity.spread.long.interval)
                    || intervals.contains(pair.opportunity.spread.short.interval)
            else { return false }
        }
        guard !assets.isEmpty else { return true }
        return AssetName(of: AssetGroup(of: pair.opportunity.spread)).isAmong(assets)
    }
}
