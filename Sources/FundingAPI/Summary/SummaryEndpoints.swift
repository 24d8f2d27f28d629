import Foundation
import FundingCore
import FundingJSON
import WebServer

/// The market in a few numbers, from the picture of it.
struct SummaryEndpoints: Sendable {
    let source: MarketSource
    let health: HealthBoard

    private static let limit = Parameter<Int>.integer("limit", in: 1...500, default: 10, "How many rows.").inPath
    private static let order = Parameter<TopOrder>.choice(
        "order", default: .desc, "The highest APR first, the lowest, or the one farthest from zero.")
    private static let topSchema: JSONShape = [
        "exchange": .text, "symbol": .text, "base_asset": .text, "funding_rate": .number, "apr": .number,
        "mark_price": .number.orNull, "open_interest": .number.orNull,
    ]
    private static let groupSchema: JSONShape = [
        "base_asset": .text, "contract_count": .count, "avg_apr": .number, "max_apr": .number, "min_apr": .number,
        "exchange_count": .count, "total_open_interest": .number.orNull, "oi_weighted_apr": .number.orNull,
        "spread_apr": .number,
    ]
    private static let testSchema: JSONShape = [
        "status": .word(["connected", "disconnected"]), "total_records": .count, "sample_data": .list(.rate),
    ]
    private static let sampleRows = 5

    enum TopOrder: String, Sendable, CaseIterable {
        case desc, asc, abs
    }

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/statistics", .statistics, "All contracts in a few numbers.", answers: MarketSummary.schema,
                statistics),
            .get(
                "/api/top-apr/{limit}", .rates, "The contracts with the highest APR.",
                [Self.limit, Self.order, RateParameters.includesInactive],
                answers: .list(Self.topSchema), top),
            .get(
                "/api/group-by-asset", .rates, "Each asset in a few numbers, the highest mean APR first.",
                [RateParameters.includesInactive] + Paging.groups.all, answers: .list(Self.groupSchema), groups),
            .get(
                "/api/test", .service, "Whether there is data, and a little of it.", answers: Self.testSchema, test),
        ]
    }

    private func statistics(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        return source.json(picture, now) { $0.value(MarketSummary(of: picture.market, at: now)) }
    }

    private func top(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let limit = arguments[Self.limit]
        let order = arguments[Self.order]
        let selection = RateSelection(includesInactive: arguments[RateParameters.includesInactive])
        try arguments.finish()
        let rows = selection.rows(in: picture.market, at: now)
        let sorted: [RateRow] =
            switch order {
            case .desc: RateOrder(direction: .desc).sorted(rows)
            case .asc: RateOrder(direction: .asc).sorted(rows)
            case .abs: RateOrder(direction: .desc).sorted(rows).sorted { abs($0.rate.apr) > abs($1.rate.apr) }
            }
        return source.json(picture, now) { writer in
            writer.beginArray()
            for row in sorted.prefix(limit) {
                writer.beginObject()
                writer.field("exchange", row.exchangeName)
                writer.field("symbol", row.rate.contract.symbol)
                writer.field("base_asset", row.rate.contract.baseAsset)
                writer.field("funding_rate", row.rate.fundingRate)
                writer.field("apr", row.rate.apr)
                writer.field("mark_price", row.rate.markPrice)
                writer.field("open_interest", row.rate.openInterestUSD)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private func groups(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let includesInactive = arguments[RateParameters.includesInactive]
        let paging = Paging(&arguments, Paging.groups)
        try arguments.finish()
        let groups = AssetSummary.all(in: picture.market, includesInactive: includesInactive, at: now).sorted {
            $0.meanAPR == $1.meanAPR ? $0.asset < $1.asset : $0.meanAPR > $1.meanAPR
        }
        var response = source.json(picture, now) { writer in
            writer.beginArray()
            for group in groups[paging] {
                writer.beginObject()
                writer.field("base_asset", group.asset)
                writer.field("contract_count", group.contracts)
                writer.field("avg_apr", group.meanAPR)
                writer.field("max_apr", group.highestAPR)
                writer.field("min_apr", group.lowestAPR)
                writer.field("exchange_count", group.exchanges.count)
                writer.field("total_open_interest", group.openInterestUSD)
                writer.field("oi_weighted_apr", group.weightedAPR)
                writer.field("spread_apr", group.highestAPR - group.lowestAPR)
                writer.endObject()
            }
            writer.endArray()
        }
        response.describe(paging, of: groups.count, for: arguments.request)
        return response
    }

    private func test(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let rows = RateOrder().sorted(RateSelection().rows(in: picture.market, at: now))
        return source.json(picture, now) { writer in
            writer.beginObject()
            writer.field("status", health.database.isConnected ? "connected" : "disconnected")
            writer.field("total_records", rows.count)
            writer.key("sample_data")
            writer.rows(rows.prefix(Self.sampleRows), RateField.allCases)
            writer.endObject()
        }
    }
}
