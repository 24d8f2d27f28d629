import Foundation
import FundingCore

/// Where a pair's spread and its legs' rates stand among their past.
struct SpreadJudgement: Sendable {
    var statistics: SpreadStatistics
    /// The legs' own scores; nil if they have none.
    var longZScore: Double?
    var shortZScore: Double?
}

/// Knows the settled past of contracts.
protocol SpreadJudge: Sendable {
    /// - Returns: one judgement for each pair, in their order.
    func judge(_ spreads: [FundingSpread], at now: Date) async -> [SpreadJudgement]
}

extension Opportunity {
    /// - Parameter judgement: nil below the carry floor, or while nobody knows the past.
    init(spread: FundingSpread, worth: SpreadWorth, worstDivergence: Double?, judgement: SpreadJudgement?) {
        self.init(
            spread: spread, worth: worth, worstDivergence: worstDivergence, statistics: judgement?.statistics,
            significance: judgement.map {
                SignificanceScore.score(
                    long: $0.longZScore, short: $0.shortZScore, spread: $0.statistics.zScore)
            })
    }
}
