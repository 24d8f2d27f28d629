import Foundation
import FundingCore
import FundingJSON

// https://docs.kraken.com/api/docs/futures-api/trading/historical-funding-rates
//
// One answer holds the contract's whole life, ascending; there is nothing to ask for but the symbol.

extension Kraken {
    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        [
            .get(
                "/derivatives/api/v4/historicalfundingrates", ["symbol": contract.symbol], as: "history",
                key: contract.symbol, ownBudget: "history"
            )
        ]
    }

    /// Whether `timestamp` is the start or the end of its hour is not documented: it is kept as it stands. Until
    /// September 2022 rows lie four hours apart. A rate that is only given as an amount is not converted: the index of
    /// that hour is not known.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("rates"), symbol: { _ in contract.symbol }) { row in
            let text = try row.text("timestamp")
            guard let time = Timestamp.parse(text) else {
                throw Rejection("timestamp: expected a time, found \(row["timestamp"]?.excerpt ?? "")")
            }
            guard time <= answer.receivedAt else { throw Exclusion.running }
            return FundingSettlement(
                contract.symbol, settledAt: time, rate: try row.requiredNumber("relativeFundingRate"))
        }
        return parsed
    }
}
