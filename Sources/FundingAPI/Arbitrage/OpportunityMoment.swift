import Foundation
import FundingCore

/// All pairs at one moment, with the market that their legs are part of.
struct OpportunityMoment: Sendable {
    let arbitrage: ArbitrageView.Picture
    let now: Date
    let names: ExchangeNames
    private let shown: MarketView.Shared

    init(_ arbitrage: ArbitrageView.Picture, _ market: MarketView.Shared, at now: Date) {
        self.arbitrage = arbitrage
        self.now = now
        shown = market
        names = ExchangeNames(market.picture)
    }

    var market: MarketView.Picture { shown.picture }

    var list: OpportunityList { arbitrage.list }

    /// For how many seconds nobody has seen a pair as it stands.
    func age(of listed: ListedOpportunity) -> TimeInterval { age(of: listed, in: shown.sightings) }

    /// The pairs that somebody has seen as they stand within a time.
    /// - Parameter seconds: nil for any time.
    func seen(within seconds: TimeInterval?, among pairs: [ListedOpportunity]) -> [ListedOpportunity] {
        guard let seconds else { return pairs }
        let sightings = shown.sightings
        return pairs.filter { age(of: $0, in: sightings) <= seconds }
    }

    private func age(of listed: ListedOpportunity, in sightings: RateSightings) -> TimeInterval {
        max(0, now.timeIntervalSince(sightings.lastTrue(listed, computedAt: arbitrage.computedAt)))
    }

    /// The pair as it is answered.
    /// - Parameter holdingHours: nil for the scanner's own.
    func row(_ listed: ListedOpportunity, holdingHours: Double? = nil) -> OpportunityRow {
        row(
            listed.opportunity, worth: listed.worth(holdingHours: holdingHours), since: listed.since,
            age: age(of: listed))
    }

    /// - Parameter since: nil for a pair that is not listed.
    func row(_ opportunity: Opportunity, worth: SpreadWorth, since: Date?, age: TimeInterval) -> OpportunityRow {
        let (long, short) = (opportunity.spread.long, opportunity.spread.short)
        let market = shown.picture.market
        let limit = min(market.staleAfter(long.feed), market.staleAfter(short.feed))
        return OpportunityRow(
            opportunity: opportunity, worth: worth, since: since, age: age, isStale: age > limit, long: leg(long),
            short: leg(short))
    }

    private func leg(_ leg: SpreadLeg) -> OpportunityRow.Leg {
        var coming = leg
        coming.nextFundingTime =
            leg.isContinuous
            ? nil : NextFundingTime.resolve(stated: leg.nextFundingTime, every: leg.interval, now: now)
        let statistics = shown.picture.market.statistics[leg.exchange, leg.symbol]
        return OpportunityRow.Leg(
            leg: coming, exchangeName: names[leg.exchange],
            tradingURL: shown.picture.market.rates[leg.feed]?[leg.symbol]?.contract.tradingURL,
            zScore: statistics?.zScore, percentile: statistics?.percentile)
    }
}
