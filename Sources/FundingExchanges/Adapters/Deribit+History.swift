import Foundation
import FundingCore
import FundingJSON

// What each hour cost, ascending. A request is answered with 744 rows at most and does not say so when it is cut
// (ccxt #25040), so none is asked for more.
// https://docs.deribit.com/#public-get_funding_rate_history
extension Deribit {
    /// 743 hours between the first and the last of 744 rows.
    private static var hoursPerRequest: Double { 743 }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        let last = window.upperBound.timeIntervalSince1970
        let starts = stride(
            from: window.lowerBound.timeIntervalSince1970, through: last, by: Self.hoursPerRequest * 3600 + 0.001)
        return starts.map { start in
            let end = min(start + Self.hoursPerRequest * 3600, last)
            // Whether the bounds count is not documented; a millisecond further out it does not matter.
            return .get(
                "/api/v2/public/get_funding_rate_history",
                [
                    "instrument_name": contract.symbol, "start_timestamp": "\(Int((start * 1000).rounded()) - 1)",
                    "end_timestamp": "\(Int((end * 1000).rounded()) + 1)",
                ], as: "history", key: contract.symbol
            )
        }
    }

    /// `interest_1h` is the hour's own; `interest_8h` sums up the eight before, so that its rows overlap.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("result"), symbol: { _ in contract.symbol }) { row in
            guard let time = try row.milliseconds("timestamp") else { throw Rejection("timestamp is missing") }
            return FundingSettlement(
                contract.symbol, settledAt: time, rate: try row.requiredNumber("interest_1h"), every: .hourly
            )
        }
        return parsed
    }
}
