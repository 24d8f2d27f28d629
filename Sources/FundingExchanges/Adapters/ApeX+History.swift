import Foundation
import FundingCore
import FundingJSON

// https://api-docs.omni.apex.exchange, "GET Funding Rate History V3"

extension ApeX {
    private static let historyPage = 100
    private static let end = "endTimeExclusive"

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        let end = Self.milliseconds(window.upperBound) + 1
        return page(of: contract, from: window.lowerBound, before: end).map { [$0] } ?? []
    }

    /// Newest first, the begin inclusive, the end exclusive. The ticker's spelling would be refused, or find nothing.
    private func page(of contract: Contract, from begin: Date, before end: Int) -> ExchangeRequest? {
        contract.nativeID.map { dashed in
            .get(
                "/api/v3/history-funding",
                [
                    "symbol": dashed, "limit": "\(Self.historyPage)",
                    "beginTimeInclusive": "\(Self.milliseconds(begin))", Self.end: "\(end)",
                ], as: "history-funding", key: dashed
            )
        }
    }

    private static func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1000).rounded()) }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let rows = try rows(in: answer)
        guard rows.count >= Self.historyPage,
            let oldest = try rows.compactMap({ try $0.milliseconds("fundingTime") }).min(), oldest > window.lowerBound
        else { return nil }
        let next = Self.milliseconds(oldest)
        let asked = answer.request.query.first { $0.name == Self.end }.flatMap { Int($0.value) }
        guard asked.map({ next < $0 }) ?? true else { return nil }
        return page(of: contract, from: window.lowerBound, before: next)
    }

    private func rows(in answer: Answer) throws -> JSONElements {
        guard let data = answer.root["data"] else { throw Rejection("data is missing") }
        return try data.rows("historyFunds")
    }

    /// What `price` is, index or oracle, is not documented, so it is no mark price.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try rows(in: answer), symbol: { _ in contract.symbol }) { row in
            let dashed = try row.text("symbol")
            guard dashed == contract.nativeID else {
                throw Rejection("symbol: expected \(contract.nativeID ?? ""), found \(dashed)")
            }
            guard let time = try row.milliseconds("fundingTime") else { throw Rejection("fundingTime is missing") }
            return FundingSettlement(contract.symbol, settledAt: time, rate: try row.requiredNumber("rate"))
        }
        return parsed
    }
}
