import Foundation
import FundingCore
import FundingJSON

/// Oldest first within both ends, at most a hundred rows however many are asked for: the next page begins after the last.
extension Hibachi {
    private static let rowsOfPage = 100

    /// - Parameter from: with `to` an inclusive range of seconds since 1970.
    static func payments(of symbol: String, from start: Int, to end: Int) -> ExchangeRequest {
        .get(
            "/market/data/funding-rates",
            ["symbol": symbol, "startTime": "\(start)", "endTime": "\(end)", "limit": "\(rowsOfPage)"],
            // The key stands in names of files.
            as: "funding-rates", key: symbol.replacing("/", with: "-")
        )
    }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        let start = Int(window.lowerBound.timeIntervalSince1970.rounded(.up))
        return [Self.payments(of: contract.symbol, from: start, to: Self.end(of: window))]
    }

    private static func end(of window: ClosedRange<Date>) -> Int { Int(window.upperBound.timeIntervalSince1970) }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let rows = try answer.root.rows("data")
        // A page says what it was cut to; bodies of 2025 did not.
        let stated = answer.root["pagination"]?["limit"]?.decimalInt ?? Self.rowsOfPage
        guard rows.count > 0, rows.count >= min(stated, Self.rowsOfPage) else { return nil }
        let start = answer.request.query.first { $0.name == "startTime" }.flatMap { Int($0.value) } ?? 0
        let times = try rows.compactMap { try $0.epochSeconds("fundingTimestamp")?.timeIntervalSince1970 }
        guard let newest = times.max().map({ Int($0) }), newest >= start, newest < Self.end(of: window) else {
            return nil
        }
        return Self.payments(of: contract.symbol, from: newest + 1, to: Self.end(of: window))
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("data"), symbol: { _ in contract.symbol }) { row in
            FundingSettlement(
                contract.symbol, settledAt: try row.requiredEpochSeconds("fundingTimestamp"),
                rate: try row.requiredNumber("fundingRate")
            )
        }
        return parsed
    }
}
