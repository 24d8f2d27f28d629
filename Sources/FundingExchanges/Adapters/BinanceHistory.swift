import Foundation
import FundingCore
import FundingJSON

/// Settled funding as Binance pages it, and Aster after it: ascending, both bounds inclusive; of too many rows the first
/// after the start, so that pages go forward.
/// https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
struct BinanceHistory {
    var path: String
    /// The budget that pays, if it is not the host's common one.
    var ownBudget: String?

    /// The most rows a page can have.
    static let pageRows = 1000

    /// Payments are stamped up to 14 ms after they were due: one that is due at the window's end belongs to it.
    private static let lateness: TimeInterval = 1

    // MARK: - Requests

    func request(of symbol: String, during window: ClosedRange<Date>) -> ExchangeRequest {
        request(of: symbol, from: window.lowerBound, during: window)
    }

    private func request(of symbol: String, from start: Date, during window: ClosedRange<Date>) -> ExchangeRequest {
        .get(
            path,
            [
                "symbol": symbol, "startTime": milliseconds(start), "endTime": milliseconds(end(of: window)),
                "limit": "\(Self.pageRows)",
            ], as: "funding-rate", key: symbol, ownBudget: ownBudget
        )
    }

    /// The page that follows a full one.
    func page(after answer: Answer, of symbol: String, during window: ClosedRange<Date>) throws -> ExchangeRequest? {
        let rows = Array(try answer.root.rows())
        guard rows.count >= Self.pageRows, let last = rows.last else { return nil }
        guard let time = try last.milliseconds("fundingTime") else {
            throw Rejection("a full page ends with a row without its time: \(last.excerpt)")
        }
        guard time < end(of: window) else { return nil }
        // A payment and the dividend beside it share a time. A page that was cut between them begins again there.
        let beside = rows.dropLast().last?["fundingTime"]?.decimalInt
        let isCut = isSpecial(last) && beside != last["fundingTime"]?.decimalInt
        let next = request(of: symbol, from: isCut ? time : time.addingTimeInterval(0.001), during: window)
        return next.target == answer.request.target ? nil : next
    }

    /// The payments of all contracts.
    func bulkRequest(during window: ClosedRange<Date>) -> ExchangeRequest { bulkRequest(window.lowerBound, window) }

    private func bulkRequest(_ start: Date, _ window: ClosedRange<Date>) -> ExchangeRequest {
        .get(
            path,
            [
                "startTime": milliseconds(start), "endTime": milliseconds(end(of: window)), "limit": "\(Self.pageRows)",
            ], as: "funding-rate", ownBudget: ownBudget
        )
    }

    /// The page that follows a full one begins with the millisecond that it ended in, which it may have been cut within.
    func bulkPage(after answer: Answer, during window: ClosedRange<Date>) throws -> ExchangeRequest? {
        let rows = Array(try answer.root.rows())
        guard rows.count >= Self.pageRows, let first = rows.first, let last = rows.last else { return nil }
        guard let start = try first.milliseconds("fundingTime"), let time = try last.milliseconds("fundingTime") else {
            throw Rejection("a full page ends with a row without its time: \(last.excerpt)")
        }
        guard start < time else { throw Rejection("\(rows.count) payments within a millisecond: some may be missing") }
        return bulkRequest(time, window)
    }

    private func end(of window: ClosedRange<Date>) -> Date { window.upperBound.addingTimeInterval(Self.lateness) }

    private func milliseconds(_ date: Date) -> String { "\(Int((date.timeIntervalSince1970 * 1000).rounded()))" }

    // MARK: - Answers

    func settlements(in answer: Answer, of symbol: String) throws -> Parsed<FundingSettlement> {
        try parsed(answer) { row in
            let settlement = try settlement(row)
            guard settlement.symbol == symbol else {
                throw Rejection("not a payment of \(symbol), which was asked for")
            }
            return settlement
        }
    }

    func bulkSettlements(in answer: Answer) throws -> Parsed<FundingSettlement> { try parsed(answer, settlement) }

    private func parsed(_ answer: Answer, _ read: (JSONView) throws -> FundingSettlement) throws
        -> Parsed<FundingSettlement>
    {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows(), symbol: { $0["symbol"]?.string }, read)
        return parsed
    }

    private func settlement(_ row: JSONView) throws -> FundingSettlement {
        if isSpecial(row) { throw Exclusion.special }
        // Rows before July 2026 have no type; all are regular.
        if let type = row["rateType"]?.string, !type.isEmpty, type != "Regular" {
            throw Rejection("rateType: neither Regular nor Special: \(type)")
        }
        guard let time = try row.milliseconds("fundingTime") else { throw Rejection("fundingTime is missing") }
        return FundingSettlement(
            try row.text("symbol"), settledAt: time, rate: try row.requiredNumber("fundingRate"),
            // Absent before 2023.
            markPrice: try row.nonZero("markPrice")
        )
    }

    /// The adjustment for a dividend of a share, at the same time as the payment of that hour.
    private func isSpecial(_ row: JSONView) -> Bool { row["rateType"]?.isString("Special") == true }
}
