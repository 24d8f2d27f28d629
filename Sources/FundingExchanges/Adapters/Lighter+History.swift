import Foundation
import FundingCore
import FundingJSON

// What each hour cost, ascending, as percent without a sign. Of more than some 749 rows only the newest are answered, and
// nothing says so: no request reaches further than that, and what an answer may have been cut by is asked for again.
// https://apidocs.lighter.xyz/reference/fundings
extension Lighter {
    /// A window of 30 days and today is one request: there are sixty a minute.
    private static var secondsPerRequest: Int { 749 * 3600 }
    /// No answer with fewer rows has been seen to be cut.
    private static var rowsOfCutAnswer: Int { 700 }

    /// - Returns: nothing for a contract whose market number is not known.
    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        guard let id = contract.nativeID else { return [] }
        let first = Int(window.lowerBound.timeIntervalSince1970.rounded(.down))
        let last = Int(window.upperBound.timeIntervalSince1970.rounded(.up))
        return stride(from: first, through: last, by: Self.secondsPerRequest).map { start in
            let end = min(start + Self.secondsPerRequest - 1, last)
            return history(of: contract, id, from: start, to: end)
        }
    }

    private func history(of contract: Contract, _ id: String, from start: Int, to end: Int) -> ExchangeRequest {
        // Neither bound counts.
        .get(
            "/api/v1/fundings",
            [
                "market_id": id, "resolution": "1h", "start_timestamp": "\(start - 1)", "end_timestamp": "\(end + 1)",
                "count_back": "0",
            ], as: "history", key: contract.symbol
        )
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        let rows = try answer.root.rows("fundings")
        guard let id = contract.nativeID, rows.count >= Self.rowsOfCutAnswer,
            let asked = answer.request.query.first(where: { $0.name == "start_timestamp" }).flatMap({ Int($0.value) }),
            let oldest = rows.compactMap({ $0["timestamp"]?.decimalInt }).min(), oldest > asked + 3600
        else { return nil }
        return history(of: contract, id, from: asked + 1, to: oldest - 1)
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("fundings"), symbol: { _ in contract.symbol }) { row in
            guard let seconds = try row.nonZero("timestamp"), seconds > 0, seconds < 1e11 else {
                throw Rejection(
                    "timestamp: expected seconds since 1970, found \(row["timestamp"]?.excerpt ?? "nothing")")
            }
            let percent = try row.requiredNumber("rate")
            guard percent >= 0 else { throw Rejection("rate: its sign should stand in direction, found \(percent)") }
            let rate = Self.fraction(ofPercent: percent)
            return FundingSettlement(
                contract.symbol, settledAt: Date(timeIntervalSince1970: seconds),
                rate: try longsPaid(row) || rate == 0 ? rate : -rate, every: .hourly
            )
        }
        return parsed
    }

    private func longsPaid(_ row: JSONView) throws -> Bool {
        switch try row.text("direction") {
        case "long": return true
        case "short": return false
        case let other: throw Rejection("direction: neither long nor short: \(other)")
        }
    }

    /// The same decimal digits two places further: 0.0012 divided by 100 would be 0.000011999999999999999.
    static func fraction(ofPercent percent: Double) -> Double { Double("\(percent)e-2") ?? percent / 100 }
}
