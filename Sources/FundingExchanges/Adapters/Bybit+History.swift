import Foundation
import FundingCore
import FundingJSON

// Settled funding, newest first, two hundred rows a page. Contracts change their interval (dynamic settlement), which
// rows do not state: only their distance tells.
// https://bybit-exchange.github.io/docs/v5/market/history-fund-rate
extension Bybit {
    private static var page: Int { 200 }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        // Whether the end counts is not documented; a millisecond later it does not matter.
        [request(contract, until: Int((window.upperBound.timeIntervalSince1970 * 1000).rounded(.up)) + 1)]
    }

    /// A start alone is an error; an end alone means the newest rows up to it.
    private func request(_ contract: Contract, until end: Int) -> ExchangeRequest {
        .get(
            "/v5/market/funding/history",
            [
                "category": (contract.contractType == .inverse ? Category.inverse : .linear).rawValue,
                "symbol": contract.symbol, "endTime": "\(end)", "limit": "\(Self.page)",
            ], as: "history", key: contract.symbol
        )
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let rows = try list(in: answer)
        let oldest = rows.compactMap { $0["fundingRateTimestamp"]?.decimalInt }.min()
        guard rows.count >= Self.page, let oldest,
            Double(oldest) / 1000 > window.lowerBound.timeIntervalSince1970,
            let asked = answer.request.query.first(where: { $0.name == "endTime" }).flatMap({ Int($0.value) }),
            oldest - 1 < asked
        else { return nil }
        return request(contract, until: oldest - 1)
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try list(in: answer), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard symbol == contract.symbol else { throw Rejection("asked for \(contract.symbol), found \(symbol)") }
            guard let time = try row.milliseconds("fundingRateTimestamp") else {
                throw Rejection("fundingRateTimestamp is missing")
            }
            return FundingSettlement(symbol, settledAt: time, rate: try row.requiredNumber("fundingRate"))
        }
        return parsed
    }

    private func list(in answer: Answer) throws -> JSONElements {
        guard let result = answer.root["result"] else { throw Rejection("no result in \(answer.root.excerpt)") }
        return try result.rows("list")
    }
}
