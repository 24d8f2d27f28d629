import Foundation
import FundingCore
import FundingJSON

// https://mexcdevelop.github.io/apidocs/contract_v1_en/#get-contract-funding-rate-history

extension MEXC {
    /// The documented maximum; other sources say 100. The answer tells what it went by.
    private static let rowsOfPage = 1000

    /// There is no filter by time: pages go back from now.
    func historyRequests(
        of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>
    ) -> [ExchangeRequest] {
        [Self.history(of: contract, page: 1)]
    }

    private static func history(of contract: Contract, page: Int) -> ExchangeRequest {
        .get(
            "/api/v1/contract/funding_rate/history",
            ["symbol": contract.symbol, "page_num": "\(page)", "page_size": "\(rowsOfPage)"], as: "history",
            key: contract.symbol
        )
    }

    /// Ends with the last page, or with the first whose oldest row lies before the window. The number of pages counts, not
    /// the length of this one, for the size that was asked for may be cut in silence. A settlement between two pages moves
    /// rows from one to the next, which repeats them and loses none.
    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let data = answer.root["data"]
        guard let asked = answer.request.query.first(where: { $0.name == "page_num" }).flatMap({ Int($0.value) }),
            let pages = data?["totalPage"]?.decimalInt, asked < pages,
            // Another page than was asked for would come again and again.
            data?["currentPage"]?.decimalInt ?? asked == asked,
            let oldest = try Self.rows(of: answer).compactMap({ $0["settleTime"]?.decimal }).min(),
            oldest >= window.lowerBound.timeIntervalSince1970 * 1000
        else { return nil }
        return Self.history(of: contract, page: asked + 1)
    }

    /// Newest first. Newer bodies state the interval of each row.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try Self.rows(of: answer), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard symbol == contract.symbol else {
                throw Rejection("a row of \(symbol) in \(contract.symbol)'s history")
            }
            guard let time = try row.milliseconds("settleTime") else { throw Rejection("settleTime is missing") }
            return FundingSettlement(
                symbol, settledAt: time, rate: try row.requiredNumber("fundingRate"),
                every: try row.number("collectCycle") == nil ? nil : row.intervalHours("collectCycle")
            )
        }
        return parsed
    }

    private static func rows(of answer: Answer) throws -> [JSONView] {
        guard let data = answer.root["data"] else { throw Rejection("no data: \(answer.root.excerpt)") }
        // A contract without settlements has no list.
        if data["resultList"]?.isNull == true { return [] }
        return Array(try data.rows("resultList"))
    }
}
