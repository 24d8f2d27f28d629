import Foundation
import FundingCore
import FundingJSON

// https://edgex-1.gitbook.io/edgeX-documentation/api-v2/public-api/funding-api

extension EdgeX {
    private static let historyPage = 100

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        page(of: contract, during: window, offset: nil).map { [$0] } ?? []
    }

    /// Newest first; without the filter there is a row for every minute. The end is exclusive.
    private func page(of contract: Contract, during window: ClosedRange<Date>, offset: String?) -> ExchangeRequest? {
        guard let id = contract.nativeID else { return nil }
        var request = ExchangeRequest.get(
            "/api/v2/public/funding/getFundingRatePage",
            [
                "contractId": id, "size": "\(Self.historyPage)", "filterSettlementFundingRate": "true",
                "filterBeginTimeInclusive": Self.milliseconds(window.lowerBound),
                "filterEndTimeExclusive": Self.milliseconds(window.upperBound, plus: 1),
            ], as: "funding-page", key: id
        )
        if let offset { request.query.append(.init(name: Self.offset, value: offset)) }
        return request
    }

    private static let offset = "offsetData"

    private static func milliseconds(_ date: Date, plus more: Int = 0) -> String {
        "\(Int((date.timeIntervalSince1970 * 1000).rounded()) + more)"
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        guard let data = answer.root["data"] else { throw Rejection("data is missing") }
        let rows = try data.rows("dataList")
        // The offset alone says whether there is more; asked for again, it would bring the same page for ever.
        guard let next = data["nextPageOffsetData"]?.string, !next.isEmpty, !rows.isEmpty,
            next != answer.request.query.first(where: { $0.name == Self.offset })?.value,
            let oldest = try rows.compactMap({ try $0.milliseconds("fundingTime") }).min(), oldest > window.lowerBound
        else { return nil }
        return page(of: contract, during: window, offset: next)
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        guard let data = answer.root["data"] else { throw Rejection("data is missing") }
        var parsed = Parsed<FundingSettlement>()
        parsed.read(try data.rows("dataList"), symbol: { _ in contract.symbol }) { row in
            let id = try row.text("contractId")
            guard id == contract.nativeID else {
                throw Rejection("contractId: expected \(contract.nativeID ?? ""), found \(id)")
            }
            guard row["isSettlement"]?.bool == true else { throw Rejection("a running rate, not a settlement") }
            guard let time = try row.milliseconds("fundingTime") else { throw Rejection("fundingTime is missing") }
            return FundingSettlement(
                contract.symbol, settledAt: time, rate: try row.requiredNumber("fundingRate"),
                every: try interval(of: row), markPrice: try row.price("markPrice")
            )
        }
        return parsed
    }
}
