import Foundation
import FundingCore

extension StatisticsKeeper: SpreadJudge {
    func judge(_ spreads: [FundingSpread], at now: Date) -> [SpreadJudgement] {
        let pairs = spreads.map { Pair(long: $0.long.id, short: $0.short.id, spread: $0.aprSpread) }
        let legs = statistics(of: Set(spreads.flatMap { [$0.long.id, $0.short.id] }), at: now)
        return zip(pairs, statistics(of: pairs, at: now)).map { pair, statistics in
            SpreadJudgement(
                statistics: statistics, longZScore: legs[pair.long]?.zScore, shortZScore: legs[pair.short]?.zScore)
        }
    }
}

extension StatisticsKeeper: ContractScores {
    func zScores(of contracts: [Int], at now: Date) -> [Int: Double] {
        statistics(of: Set(contracts), at: now).compactMapValues(\.zScore)
    }
}
