import Foundation
import FundingCore

extension BinanceDialect {
    private var history: BinanceHistory {
        BinanceHistory(path: "\(facts.root)/fundingRate", ownBudget: facts.fundingBudget)
    }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        [history.request(of: contract.symbol, during: window)]
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        try history.page(after: answer, of: contract.symbol, during: window)
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        try history.settlements(in: answer, of: contract.symbol)
    }

    func bulkHistoryRequest(during window: ClosedRange<Date>) -> ExchangeRequest? {
        facts.hasBulkHistory ? history.bulkRequest(during: window) : nil
    }

    func nextBulkHistoryPage(after answer: Answer, during window: ClosedRange<Date>) throws -> ExchangeRequest? {
        try history.bulkPage(after: answer, during: window)
    }

    var bulkPageRows: Int { facts.hasBulkHistory ? BinanceHistory.pageRows : 0 }

    func bulkSettlements(in answer: Answer) throws -> Parsed<FundingSettlement> {
        guard facts.hasBulkHistory else { throw Rejection("\(profile.feed) has no settlements in bulk") }
        return try history.bulkSettlements(in: answer)
    }
}
