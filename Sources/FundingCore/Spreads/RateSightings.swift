public import Foundation

/// When each contract was last seen with which rate: what thousands of pairs are held against at once.
public struct RateSightings: Sendable {
    private struct Sighting: Sendable {
        var fundingRate: Double
        var interval: FundingInterval
        var observedAt: Date
    }

    /// By the contract's key in the tables.
    private var byID: [Int: Sighting] = [:]

    public init(_ market: MarketState) {
        byID.reserveCapacity(market.rates.values.reduce(0) { $0 + $1.count })
        for rows in market.rates.values {
            for rate in rows.values where rate.isActive {
                byID[rate.id] = Sighting(
                    fundingRate: rate.fundingRate, interval: rate.interval, observedAt: rate.observedAt)
            }
        }
    }

    /// When a pair was last true: the time at which the older of its legs' rates was last seen. A rate that the market
    /// shows otherwise by now was true when the pair was computed, and nobody knows of later.
    /// - Parameter computedAt: when the scanner last wrote.
    public func lastTrue(_ pair: ListedOpportunity, computedAt: Date?) -> Date {
        let long = lastSeen(
            pair.opportunity.spread.long.id, pair.opportunity.spread.long.fundingRate,
            pair.opportunity.spread.long.interval)
        let short = lastSeen(
            pair.opportunity.spread.short.id, pair.opportunity.spread.short.fundingRate,
            pair.opportunity.spread.short.interval)
        return min(long ?? computedAt ?? .distantPast, short ?? computedAt ?? .distantPast)
    }

    /// Nil if the contract is not listed, or with another rate.
    private func lastSeen(_ id: Int, _ rate: Double, _ interval: FundingInterval) -> Date? {
        guard let seen = byID[id], seen.fundingRate == rate, seen.interval == interval else { return nil }
        return seen.observedAt
    }
}
