import Foundation
import FundingCore

/// All pairs at one moment, with the market that their legs are part of.
struct OpportunityMoment: Sendable {
    let arbitrage: ArbitrageView.Picture
    let market: MarketView.Picture
    let now: Date
    let names: ExchangeNames
    private let sightings: RateSightings

    init(_ arbitrage: ArbitrageView.Picture, _ market: MarketView.Picture, at now: Date) {
        self.arbitrage = arbitrage
        self.market = market
        self.now = now
        names = ExchangeNames(market)
        sightings = RateSightings(market.market)
    }

    var list: OpportunityList { arbitrage.list }

    /// For how many seconds nobody has seen a pair as it stands.
    func age(of listed: ListedOpportunity) -> TimeInterval {
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
        let limit = min(market.market.staleAfter(long.feed), market.market.staleAfter(short.feed))
        return OpportunityRow(
            opportunity: opportunity, worth: worth, since: since, age: age, isStale: age > limit, long: leg(long),
            short: leg(short))
    }

    private func leg(_ leg: SpreadLeg) -> OpportunityRow.Leg {
        var coming = leg
        coming.nextFundingTime =
            leg.isContinuous
            ? nil : NextFundingTime.resolve(stated: leg.nextFundingTime, every: leg.interval, now: now)
        let statistics = market.market.statistics[leg.exchange, leg.symbol]
        return OpportunityRow.Leg(
            leg: coming, exchangeName: names[leg.exchange],
            tradingURL: market.market.rates[leg.feed]?[leg.symbol]?.contract.tradingURL,
            zScore: statistics?.zScore, percentile: statistics?.percentile)
    }
}
