import Foundation
import FundingCore
import FundingJSON

// https://docs.dydx.xyz/indexer-client/http#get-historical-funding

extension DYdX {
    /// More is not sent, whatever is asked for (measured; the source would allow 1000).
    private static let historyPage = 100

    /// There is no first time to ask for, only a last: pages go back until one reaches behind the window.
    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        [page(of: contract, upTo: window.upperBound)]
    }

    private func page(of contract: Contract, upTo end: Date) -> ExchangeRequest {
        .get(
            "/v4/historicalFunding/\(contract.symbol.percentEncoded)",
            ["limit": "\(Self.historyPage)", "effectiveBeforeOrAt": Timestamp.text(end)],
            as: "historical-funding", key: contract.symbol
        )
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let rows = try answer.root.rows("historicalFunding")
        guard rows.count >= Self.historyPage else { return nil }
        guard let oldest = try rows.map(effectiveAt).min() else { return nil }
        let asked = answer.request.query.first { $0.name == "effectiveBeforeOrAt" }.flatMap {
            Timestamp.parse($0.value)
        }
        guard oldest > window.lowerBound, asked.map({ oldest <= $0 }) ?? true else { return nil }
        return page(of: contract, upTo: oldest.addingTimeInterval(-0.001))
    }

    /// Newest first. A payment is stamped with its block's time, up to a second after the hour.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("historicalFunding"), symbol: { $0["ticker"]?.string }) { row in
            let ticker = try row.text("ticker")
            guard ticker == contract.symbol else {
                throw Rejection("ticker: expected \(contract.symbol), found \(ticker)")
            }
            return FundingSettlement(
                ticker, settledAt: try effectiveAt(row), rate: try row.requiredNumber("rate"),
                markPrice: try row.price("price")
            )
        }
        return parsed
    }

    private func effectiveAt(_ row: JSONView) throws -> Date {
        let text = try row.text("effectiveAt")
        guard let time = Timestamp.parse(text) else { throw Rejection("effectiveAt: expected a time, found \(text)") }
        return time
    }
}
