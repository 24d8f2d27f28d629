import Foundation

/// A contract on the board, with what is needed to decide whether it takes part and until when.
struct BoardLeg: Sendable {
    /// How far its age has come.
    enum Stage: Sendable {
        case fresh
        /// Old enough to be flagged.
        case ageing
        /// Too old to make an opportunity.
        case stale
    }

    var leg: SpreadLeg
    /// The mark price of one unit of the base asset in dollars, whatever multiple of it the contract is of; nil if the
    /// price is unknown or in something else than dollars.
    var unitPrice: Double?
    var hasHistory: Bool?
    var stage: Stage
    /// When time alone will make something of it another; nil if never.
    var nextDeadline: Date?

    init(
        _ rate: LiveRate, _ facts: ContractFacts?, staleAfter: TimeInterval, isZeroSuspect: Bool,
        _ policy: SpreadPolicy, at now: Date
    ) {
        var risks: SpreadRisks = []
        if let interest = rate.openInterestUSD, interest < policy.minimumOpenInterestUSD {
            risks.insert(.lowOpenInterest)
        }
        if facts?.isNearCap(rate.fundingRate, share: policy.nearCapShare) == true { risks.insert(.nearCap) }
        if isZeroSuspect, rate.fundingRate == 0 { risks.insert(.zeroSuspect) }
        var deadlines: [Date] = []
        if let changedAt = facts?.intervalChangedAt {
            let end = changedAt.addingTimeInterval(policy.intervalChangeHours * 3600)
            if now < end {
                risks.insert(.intervalChanged)
                deadlines.append(end)
            }
        }
        let flaggedAt = rate.observedAt.addingTimeInterval(staleAfter * policy.staleSoonShare)
        let staleAt = rate.observedAt.addingTimeInterval(staleAfter)
        if now < flaggedAt {
            stage = .fresh
            deadlines.append(flaggedAt)
        } else if now <= staleAt {
            stage = .ageing
            risks.insert(.staleSoon)
            // Just beyond it, as an age that equals the limit is still within it.
            deadlines.append(Date(timeIntervalSinceReferenceDate: staleAt.timeIntervalSinceReferenceDate.nextUp))
        } else {
            stage = .stale
        }
        leg = SpreadLeg(rate, risks: risks)
        unitPrice = rate.unitPriceUSD
        hasHistory = facts?.settledPoints.map { $0 >= policy.historyPoints }
        nextDeadline = deadlines.min()
    }

    /// Whether anything that a pair is made of differs.
    func makesOtherPairs(than other: BoardLeg) -> Bool {
        leg != other.leg || unitPrice != other.unitPrice || hasHistory != other.hasHistory
            || (stage == .stale) != (other.stage == .stale)
    }
}
