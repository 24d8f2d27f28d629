import Foundation
import FundingCore
import FundingJSON

/// Some 31 days, newest first, paged by a cursor; a time cannot be asked for.
extension Drift {
    private static let rowsOfPage = 750

    // velocity-exchange/velocity-docs: /market/{symbol}/fundingRates
    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        [page(of: contract, cursor: nil)]
    }

    private func page(of contract: Contract, cursor: String?) -> ExchangeRequest {
        var request = ExchangeRequest.get(
            "/market/\(contract.symbol.percentEncoded)/fundingRates", ["limit": "\(Self.rowsOfPage)"],
            as: "funding-rates", key: contract.symbol
        )
        if let cursor { request.query.append(.init(name: "page", value: cursor)) }
        return request
    }

    /// The cursor alone tells whether there is more; a page may be shorter than asked for.
    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        guard let cursor = answer.root["meta"]?["nextPage"]?.string, !cursor.isEmpty else { return nil }
        let times = try answer.root.rows("records").compactMap { try $0.epochSeconds("ts") }
        guard let oldest = times.min(), oldest > window.lowerBound else { return nil }
        let next = page(of: contract, cursor: cursor)
        return next == answer.request ? nil : next
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("records"), symbol: { _ in contract.symbol }) { row in
            let symbol = try row.text("symbol")
            guard symbol == contract.symbol else { throw Rejection("a record of \(symbol)") }
            // Amounts of the quote asset for one unit of the base, in decimals (a dead endpoint had scaled integers), and
            // what longs paid is above zero here.
            guard let price = try row.price("oraclePriceTwap") else { throw Rejection("oraclePriceTwap is missing") }
            let settledAt = try row.requiredEpochSeconds("ts")
            return FundingSettlement(
                // The first crank after the hour settles it, a minute late or twenty.
                symbol, settledAt: settledAt,
                dueAt: Date(timeIntervalSince1970: (settledAt.timeIntervalSince1970 / 3600).rounded(.down) * 3600),
                rate: try row.requiredNumber("fundingRateLong") / price
            )
        }
        return parsed
    }
}
