import Foundation
import FundingCore
import FundingJSON

// Settled funding, ascending from the start, five hundred rows a page. A payment is stamped some milliseconds after the
// full hour, once even minutes. Before 2023-06-08 payments were eight hours apart; rows do not say so.
// https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
extension Hyperliquid {
    private static var page: Int { 500 }

    /// How long after its hour a payment may be stamped and still be asked for.
    private static var lateness: Double { 60 }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        [request(contract, from: Int((window.lowerBound.timeIntervalSince1970 * 1000).rounded(.down)), to: end(window))]
    }

    private func end(_ window: ClosedRange<Date>) -> Int {
        Int(((window.upperBound.timeIntervalSince1970 + Self.lateness) * 1000).rounded(.up))
    }

    /// Costs 20, and one more for every 20 rows.
    private func request(_ contract: Contract, from start: Int, to end: Int) -> ExchangeRequest {
        var json = JSONWriter()
        json.beginObject()
        json.field("type", "fundingHistory")
        json.field("coin", contract.symbol)
        json.field("startTime", start)
        json.field("endTime", end)
        json.endObject()
        let rows = min(Self.page, max(0, (end - start) / 3_600_000) + 1)
        return .post(
            "/info", String(decoding: json.bytes, as: UTF8.self), as: "history", key: contract.symbol,
            weight: 20 + Double((rows + 19) / 20)
        )
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let rows = try answer.root.rows()
        let end = end(window)
        guard rows.count >= Self.page, let last = rows.compactMap({ $0["time"]?.decimalInt }).max(), last < end,
            let asked = try answer.request.body.map({ try JSONDocument($0) })?.root["startTime"]?.int, last >= asked
        else { return nil }
        return request(contract, from: last + 1, to: end)
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows(), symbol: { $0["coin"]?.string }) { row in
            let coin = try row.text("coin")
            guard coin == contract.symbol else { throw Rejection("asked for \(contract.symbol), found \(coin)") }
            guard let time = try row.milliseconds("time") else { throw Rejection("time is missing") }
            return FundingSettlement(
                coin, settledAt: time, dueAt: Self.dueTime(ofPaymentAt: time),
                rate: try row.requiredNumber("fundingRate"))
        }
        return parsed
    }

    /// What is paid some seconds after the hour tells by itself what it was for; once it came 24 minutes late.
    private static func dueTime(ofPaymentAt time: Date) -> Date? {
        let late = time.timeIntervalSince1970.truncatingRemainder(dividingBy: 3600)
        return (60...1800).contains(late) ? time.addingTimeInterval(-late) : nil
    }
}
