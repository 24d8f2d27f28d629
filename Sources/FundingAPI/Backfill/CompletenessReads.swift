import Foundation
import FundingCore
import FundingStore

/// What is missing of settled history, by one query over the payments of all the contracts.
struct CompletenessReads: Sendable {
    let history: HistoryStore

    /// Of contracts that are listed, and of those that are named whether they are or not.
    func check(
        days: Int, exchanges: [ExchangeID]? = nil, symbols: [String]? = nil, now: Date = Date()
    ) async throws -> [CheckedContract] {
        let contracts = try await history.contracts(feeds: nil, symbols: symbols)
            .filter { ($0.isActive || symbols != nil) && exchanges?.contains($0.contract.exchange) ?? true }
        let midnight = (now.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
        let window = Date(timeIntervalSince1970: midnight - Double(days) * 86_400)...now
        return try await history.check(contracts, during: window, now: now)
    }
}

extension CheckedContract {
    /// Whether less is there than asked for, in percent.
    func needsRetry(threshold: Double) -> Bool { report.completeness < threshold }
}
