import Foundation
import FundingCore
import Testing

/// The list of pairs ends with what Postgres holds, whatever is heard and missed on the way.
struct OpportunityListTests {
    private static func opportunity(_ long: Int, _ short: Int, carry: Double = 1e-5) -> Opportunity {
        func leg(_ id: Int, _ rate: Double) -> SpreadLeg {
            SpreadLeg(
                id: id, exchange: ExchangeID(rawValue: "e\(id)"), feed: FeedID(rawValue: "e\(id)"), symbol: "S\(id)",
                fundingRate: rate, interval: .hourly, isContinuous: false, nextFundingTime: nil, openInterestUSD: nil)
        }
        let spread = FundingSpread(
            asset: "BTC", marketType: .crypto, long: leg(long, 0), short: leg(short, carry), identity: .proven,
            priceGapPercent: 0, risks: [])
        return Opportunity(
            spread: spread, worth: SpreadWorth(spread, roundTripFee: nil, holdingHours: 168), worstDivergence: nil,
            statistics: nil, significance: nil)
    }

    private static func progress(_ generation: Int, at seconds: Double? = nil) -> ArbitrageProgress {
        ArbitrageProgress(
            generation: generation, computedAt: start.addingTimeInterval(seconds ?? Double(generation)),
            summary: ArbitrageSummary(contracts: 5))
    }

    private static func listed(_ opportunity: Opportunity, _ generation: Int) -> ListedOpportunity {
        ListedOpportunity(opportunity, since: start, generation: generation)
    }

    private static func event(
        _ sequence: Int, added: [Opportunity] = [], updated: [Opportunity] = [], removed: [Opportunity] = [],
        isWhole: Bool = false
    ) -> ArbitrageEvent {
        ArbitrageEvent(
            sequence: sequence, computedAt: start.addingTimeInterval(Double(sequence)), isWhole: isWhole, added: added,
            updated: updated, removed: removed.map(\.spread.key), summary: ArbitrageSummary(contracts: 5))
    }

    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    /// Pairs 1>2 and 1>3 at generation 10.
    private static func known() -> OpportunityList {
        var list = OpportunityList()
        _ = list.replace(progress(10), with: [listed(opportunity(1, 2), 9), listed(opportunity(1, 3), 10)])
        return list
    }

    private static func names(_ list: OpportunityList) -> [String] { list.all.map(\.name).sorted() }

    @Test func theNextEventIsApplied() throws {
        var list = Self.known()
        let outcome = list.apply(
            Self.event(
                11, added: [Self.opportunity(2, 3)], updated: [Self.opportunity(1, 3, carry: 2e-5)],
                removed: [Self.opportunity(1, 2)]))
        guard case .applied = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(Self.names(list) == ["BTC|e1:S1|e3:S3", "BTC|e2:S2|e3:S3"])
        #expect(list.progress?.generation == 11)
        let updated = try #require(list[FundingSpread.Key(long: 1, short: 3)])
        #expect(updated.hourlyCarry == 2e-5)
        #expect(updated.since == Self.start, "it began when it began")
        let added = try #require(list[FundingSpread.Key(long: 2, short: 3)])
        #expect(added.since == Self.start.addingTimeInterval(11))
    }

    @Test func whatDoesNotFollowIsAGapAndWhatIsKnownADuplicate() {
        var list = Self.known()
        for event in [
            Self.event(12), Self.event(11, isWhole: true), Self.event(11, updated: [Self.opportunity(7, 8)]),
        ] {
            guard case .gap = list.apply(event) else {
                Issue.record("\(event.sequence) was not a gap")
                continue
            }
        }
        for sequence in [3, 10] {
            guard case .duplicate = list.apply(Self.event(sequence, removed: [Self.opportunity(1, 2)])) else {
                Issue.record("\(sequence) was not a duplicate")
                continue
            }
        }
        #expect(Self.names(list).count == 2 && list.progress?.generation == 10)
        var unread = OpportunityList()
        guard case .gap = unread.apply(Self.event(1)) else {
            Issue.record("nothing was known")
            return
        }
    }

    @Test func aGapIsHealedByTheRowsAboveAndTheKeysThatAreLeft() {
        var list = Self.known()
        let keys: Set = [FundingSpread.Key(long: 1, short: 3), FundingSpread.Key(long: 2, short: 3)]
        let isHealed = list.heal(
            Self.progress(14), changed: [Self.listed(Self.opportunity(2, 3), 13)], listed: keys)
        #expect(isHealed && Self.names(list) == ["BTC|e1:S1|e3:S3", "BTC|e2:S2|e3:S3"])
        let isOlderTaken = list.heal(Self.progress(13), changed: [], listed: [])
        #expect(!isOlderTaken, "an older reading changes nothing")
        #expect(Self.names(list).count == 2)
    }

    @Test func aDatabaseThatWasSetBackIsReadAnewAndALaggingCopyIsNot() {
        var list = Self.known()
        #expect(!list.isBehind(Self.progress(4)) && list.known(against: Self.progress(12)) == 10)
        let restored = Self.progress(4, at: 100)
        #expect(list.isBehind(restored) && list.known(against: restored) == nil)
        let isTaken = list.replace(restored, with: [Self.listed(Self.opportunity(5, 6), 4)])
        #expect(isTaken && Self.names(list) == ["BTC|e5:S5|e6:S6"])
    }

    @Test func thePairTheOtherWayRoundCostsWhatItPays() {
        var one = Self.opportunity(1, 2, carry: 4e-5)
        one.worth = SpreadWorth(one.spread, roundTripFee: 0.002, holdingHours: 100)
        one.statistics = SpreadStatistics(dataPoints: 40, mean: 3, standardDeviation: 2, zScore: 1.5, percentile: 90)
        one.spread.priceGapPercent = 25
        let other = one.reversed
        #expect(other.spread.hourlyCarry == -4e-5 && other.spread.aprSpread == -one.spread.aprSpread)
        #expect(other.spread.long == one.spread.short && other.spread.kind == one.spread.kind)
        #expect(other.statistics?.mean == -3 && other.statistics?.zScore == -1.5 && other.statistics?.percentile == 10)
        #expect(other.spread.priceGapPercent == -20)
        #expect(other.worth.netReturn.map { abs($0 + 0.006) < 1e-12 } == true)
        #expect(other.worth.breakEvenHours == nil, "it never does")
    }
}
