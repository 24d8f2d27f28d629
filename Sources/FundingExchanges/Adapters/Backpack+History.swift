import Foundation
import FundingCore
import FundingJSON

// https://docs.backpack.exchange/#tag/Markets/operation/get_funding_interval_rates
//
// Newest first, counted from the newest by `offset`; there is no filter by time. A payment between two pages pushes all
// rows one place on, so that one comes twice, but none is missed.

extension Backpack {
    static let historyName = "funding-rates"

    private enum Limit {
        /// What the exchange sends without being asked for more.
        static let fewestRows = 100
        /// 10 000 are documented; others have met 1000.
        static let mostRows = 1000
    }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        let hours = window.upperBound.timeIntervalSince(window.lowerBound) / 3600
        let payments = Int(min(hours / interval.hours, Double(Limit.mostRows)).rounded(.up)) + 2
        return [history(of: contract, limit: min(max(payments, Limit.fewestRows), Limit.mostRows), offset: 0)]
    }

    private func history(of contract: Contract, limit: Int, offset: Int) -> ExchangeRequest {
        .get(
            "/api/v1/fundingRates", ["symbol": contract.symbol, "limit": "\(limit)", "offset": "\(offset)"],
            as: Self.historyName, key: contract.symbol, ownBudget: "history"
        )
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        guard let limit = answer.request.number("limit"), let offset = answer.request.number("offset") else {
            return nil
        }
        let rows = try answer.root.rows()
        // A row that cannot be read is told by `settlements`; the others still say how far this page goes.
        let times = rows.compactMap { (try? $0.backpackText("intervalEndTimestamp")) ?? nil }
        guard rows.count >= limit, let newest = times.max(), let oldest = times.min(), oldest >= window.lowerBound
        else { return nil }
        // So many payments are newer than this page, and none follows another within a minute: a page that begins later
        // has been sent before.
        let age = answer.receivedAt.timeIntervalSince(newest)
        guard offset == 0 || age >= Double(offset - 1) * 60 else { return nil }
        return history(of: contract, limit: limit, offset: offset + rows.count)
    }

    /// The first row may be the interval that still runs: two projects saw it, a third did not. Its end lies ahead.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows(), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard symbol == contract.symbol else { throw Rejection("a row of another contract") }
            guard let time = try row.backpackText("intervalEndTimestamp") else {
                throw Rejection("intervalEndTimestamp is missing")
            }
            guard time <= answer.receivedAt else { throw Exclusion.running }
            return FundingSettlement(symbol, settledAt: time, rate: try row.requiredNumber("fundingRate"))
        }
        return parsed
    }
}

extension ExchangeRequest {
    /// A whole number of the query.
    fileprivate func number(_ name: String) -> Int? {
        query.first { $0.name == name }.flatMap { Int($0.value) }
    }
}
