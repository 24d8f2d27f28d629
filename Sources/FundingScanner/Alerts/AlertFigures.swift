import Foundation
import FundingCore

/// Knows how far contracts' rates are from the mean of what they were paid.
protocol ContractScores: Sendable {
    /// By the contracts' keys; those of which it is not known are left out.
    func zScores(of contracts: [Int], at now: Date) async -> [Int: Double]
}

/// Is told of pairs once they are written.
protocol OpportunityConsumer: Sendable {
    /// - Parameters:
    ///   - opportunities: the pairs that were written, with what they are worth.
    ///   - removed: those that are no more; nil if `opportunities` are all there are.
    /// - Returns: whether all pairs should be told at the next write.
    func follow(_ opportunities: [Opportunity], removed: [FundingSpread]?, at now: Date) async -> Bool
}

extension AlertInput {
    static let contractKinds: Set<AlertKind> = [.fundingRate, .apr, .zScore]

    /// Each change of an event, by its contract and time.
    static func changes(of event: ContractsEvent) -> [AlertInput] {
        event.changes.map { change in
            let contract = AlertContract(
                exchange: event.exchange, symbol: change.symbol, baseAsset: change.baseAsset)
            return .change(.change(contract, at: event.validFrom), change)
        }
    }

    /// What is written of pairs, for rules: only those are told whose legs are the same asset for sure. A pair that has
    /// flipped is known, and it earns as much less than nothing as its reverse earns.
    static func pairs(_ opportunities: [Opportunity], removed: [FundingSpread]) -> [AlertInput] {
        let written = Dictionary(opportunities.map { ($0.spread.key, $0) }) { first, _ in first }
        let gone = removed.map { spread -> AlertInput in
            let reverse = FundingSpread.Key(long: spread.short.id, short: spread.long.id)
            guard let flipped = written[reverse], flipped.spread.isRanked else { return .gone(AlertSubject(spread)) }
            var values = AlertValues()
            values.spreadAPR = -flipped.spread.aprSpread
            return .reading(AlertSubject(spread), values)
        }
        return gone
            + opportunities.map { opportunity in
                let subject = AlertSubject(opportunity.spread)
                return opportunity.spread.isRanked ? .reading(subject, AlertValues(opportunity)) : .gone(subject)
            }
    }
}

extension AlertValues {
    fileprivate init(_ opportunity: Opportunity) {
        self.init()
        spreadAPR = opportunity.spread.aprSpread
        spreadNetAPR = opportunity.worth.netAPR
        spreadZScore = opportunity.statistics?.zScore
    }
}

extension AlertSubject {
    init(_ spread: FundingSpread) {
        let contract = { (leg: SpreadLeg) in
            AlertContract(exchange: leg.exchange, symbol: leg.symbol, baseAsset: spread.asset)
        }
        self = .pair(long: contract(spread.long), short: contract(spread.short))
    }
}

extension AlertContract {
    init(_ contract: Contract) {
        self.init(exchange: contract.exchange, symbol: contract.symbol, baseAsset: contract.baseAsset)
    }
}
