import Foundation
import FundingCore
import FundingJSON

/// Newest first, paged by a cursor; a time cannot be asked for.
extension Pacifica {
    private enum Rows {
        static let usual = 200
        static let most = 4000
    }

    // https://docs.pacifica.fi/api-documentation/api/rest-api/markets/get-historical-funding
    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        // A page costs the same however long it is. The window ends at most some hours ago as a rule.
        let hours = window.upperBound.timeIntervalSince(window.lowerBound) / 3600
        let rows = min(max(Int(hours.rounded(.up)) + 24, Rows.usual), Rows.most)
        return [page(of: contract, rows: "\(rows)", cursor: nil)]
    }

    private func page(of contract: Contract, rows: String, cursor: String?) -> ExchangeRequest {
        var request = ExchangeRequest.get(
            "/api/v1/funding_rate/history", ["symbol": contract.symbol, "limit": rows], as: "funding-rate-history",
            // Nine credits, measured.
            key: contract.symbol, weight: 9
        )
        if let cursor { request.query.append(.init(name: "cursor", value: cursor)) }
        return request
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        guard answer.root["has_more"]?.bool == true, let cursor = answer.root["next_cursor"]?.string, !cursor.isEmpty
        else { return nil }
        let times = try answer.root.rows("data").compactMap { try $0.milliseconds("created_at") }
        guard let oldest = times.min(), oldest > window.lowerBound else { return nil }
        let rows = answer.request.query.first { $0.name == "limit" }?.value ?? "\(Rows.usual)"
        let next = page(of: contract, rows: rows, cursor: cursor)
        return next == answer.request ? nil : next
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try answer.root.rows("data"), symbol: { _ in contract.symbol }) { row in
            // Some tenths of a second after the hour.
            guard let time = try row.milliseconds("created_at") else { throw Rejection("created_at is missing") }
            return FundingSettlement(
                contract.symbol, settledAt: time,
                // `next_funding_rate` of the row is what the row after it was paid at.
                rate: try row.requiredNumber("funding_rate")
            )
        }
        return parsed
    }
}
