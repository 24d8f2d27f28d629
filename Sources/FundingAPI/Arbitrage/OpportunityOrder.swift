import FundingCore

/// How pairs are sorted. Those without a value come last in either direction; equal ones by their names.
struct OpportunityOrder: Sendable {
    enum Key: String, Sendable, CaseIterable {
        case aprSpread = "apr_spread"
        case netAPR = "net_apr"
        case breakEvenHours = "break_even_hours"
        case rateSpread = "rate_spread"
        /// By its amount.
        case spreadZScore = "spread_zscore"
        case openInterest = "open_interest"
        case dailySpread = "daily_spread"
        case significance = "significance_score"
    }

    var key = Key.aprSpread
    var direction = RateOrder.Direction.desc
    /// For which time net figures are compared; nil: the scanner's own.
    var holdingHours: Double?

    func sorted(_ pairs: [ListedOpportunity]) -> [ListedOpportunity] {
        let sign = direction == .asc ? 1.0 : -1.0
        let places = pairs.indices.map { (value: value(of: pairs[$0]).map { $0 * sign } ?? .infinity, place: $0) }
        return places.sorted { one, other in
            one.value != other.value ? one.value < other.value : pairs[one.place].name < pairs[other.place].name
        }.map { pairs[$0.place] }
    }

    private func value(of pair: ListedOpportunity) -> Double? {
        switch key {
        case .aprSpread, .dailySpread: pair.hourlyCarry
        case .netAPR: pair.worth(holdingHours: holdingHours).netAPR
        case .breakEvenHours: pair.opportunity.worth.breakEvenHours
        case .rateSpread: pair.opportunity.spread.rateSpread
        case .spreadZScore: pair.opportunity.statistics?.zScore.map(abs)
        case .openInterest: pair.opportunity.spread.combinedOpenInterestUSD
        case .significance: pair.opportunity.significance
        }
    }
}
