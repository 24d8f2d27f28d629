import Foundation
import FundingCore
import FundingJSON

// https://www.kucoin.com/docs-new/rest/futures-trading/funding-fees/get-public-funding-history

extension KuCoin {
    /// Rows of an answer, whatever the window; of more the newest, without a word.
    private static let rowsOfAnswer = 100

    /// Windows, the latest first, each with fewer settlements than an answer may have, so that a full answer shows that
    /// the interval was shorter. Both ends are taken for inclusive, which is not documented: they never overlap.
    func historyRequests(
        of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>
    ) -> [ExchangeRequest] {
        let length = (Self.rowsOfAnswer - 1) * interval.minutes * 60_000
        let first = Self.milliseconds(window.lowerBound)
        var requests: [ExchangeRequest] = []
        var last = Self.milliseconds(window.upperBound)
        while last >= first {
            let start = max(first, last - length + 1)
            requests.append(Self.history(of: contract, from: start, to: last))
            last = start - 1
        }
        return requests
    }

    private static func history(of contract: Contract, from first: Int, to last: Int) -> ExchangeRequest {
        .get(
            "/api/v1/contract/funding-rates", ["symbol": contract.symbol, "from": "\(first)", "to": "\(last)"],
            as: "history", key: contract.symbol, weight: 5
        )
    }

    private static func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1000).rounded()) }

    /// A full answer may have lost the older rows of its window.
    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        func asked(_ name: String) -> Int? { answer.request.query.first { $0.name == name }.flatMap { Int($0.value) } }
        let rows = try Self.rows(of: answer)
        guard rows.count >= Self.rowsOfAnswer, let first = asked("from"), let last = asked("to"),
            let oldest = rows.compactMap({ $0["timepoint"]?.decimalInt }).min(), first < oldest, oldest <= last
        else { return nil }
        return Self.history(of: contract, from: first, to: oldest - 1)
    }

    /// Newest first. A settlement is normally at a full hour, though one at 15:45 has been seen.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try Self.rows(of: answer), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard symbol == contract.symbol else {
                throw Rejection("a row of \(symbol) in \(contract.symbol)'s history")
            }
            guard let time = try row.milliseconds("timepoint") else { throw Rejection("timepoint is missing") }
            return FundingSettlement(symbol, settledAt: time, rate: try row.requiredNumber("fundingRate"))
        }
        return parsed
    }

    /// None is `[]` or `null`.
    private static func rows(of answer: Answer) throws -> [JSONView] {
        guard let data = answer.root["data"], !data.isNull else { return [] }
        return Array(try data.rows())
    }
}
