import Foundation
import FundingCore
import FundingJSON
import WebServer

/// `GET /api/arbitrage/assets/search`: assets by a part of their name, with what their pairs pay.
struct AssetSearchEndpoint: Sendable {
    let source: ArbitrageSource

    private static let wanted = Parameter<String?>.search("q", "A part of the asset's name, in any case.").needed
    private static let limit = Parameter<Int>.integer("limit", in: 1...50, default: 10, "How many at most.")

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/arbitrage/assets/search", .arbitrage,
                "Assets on two exchanges or more: the one of that name, those that begin so, those that hold it.",
                [Self.wanted, Self.limit], answers: Self.schema, search)
        ]
    }

    private static let schema: JSONShape = [
        "results": .list([
            "symbol": .text, "name": .text, "exchanges": .count, "avg_spread_pct": .number, "avg_apr": .number,
            "max_spread_pct": .number, "avg_apr_spread": .number, "max_apr_spread": .number,
            "total_opportunities": .count, "last_updated": .timestamp,
        ]),
        "query": .text, "count": .count, "timestamp": .timestamp,
    ]

    /// An asset and its pairs that stand in rankings.
    private struct Found {
        /// The name that the grid shows.
        var asset: String
        var exchanges: Int
        var meanAPR: Double
        var lastSeen: Date
        var carries: [Double]
        /// 0: the name itself; 1: it begins so; 2: it holds it.
        var match: Int

        var meanCarry: Double { carries.mean ?? 0 }
    }

    private func search(_ arguments: inout Arguments) async throws -> WebResponse {
        let moment = try source.moment()
        let wanted = arguments[Self.wanted]
        let limit = arguments[Self.limit]
        if wanted == nil, arguments.isGiven(Self.wanted.declaration) {
            arguments.report(
                "string_too_short", Self.wanted.declaration, "String should have at least 1 character", "")
        }
        try arguments.finish()
        let found = Self.assets(named: wanted ?? "", in: moment).sorted { one, other in
            one.match != other.match
                ? one.match < other.match
                : one.meanCarry != other.meanCarry ? one.meanCarry > other.meanCarry : one.asset < other.asset
        }.prefix(limit)
        return source.market.json(moment.market, moment.now, beside: moment.list.progress?.generation) { writer in
            writer.beginObject()
            writer.list("results", found) { asset, writer in
                writer.field("symbol", asset.asset)
                writer.field("name", asset.asset)
                writer.field("exchanges", asset.exchanges)
                // Of eight hours, so that intervals do not matter.
                writer.field("avg_spread_pct", asset.meanCarry * 800)
                writer.field("avg_apr", asset.meanAPR)
                writer.field("max_spread_pct", (asset.carries.max() ?? 0) * 800)
                writer.field("avg_apr_spread", asset.meanCarry * Annualising.aprPerHourlyRate)
                writer.field("max_apr_spread", (asset.carries.max() ?? 0) * Annualising.aprPerHourlyRate)
                writer.field("total_opportunities", asset.carries.count)
                writer.field("last_updated", Timestamp.text(asset.lastSeen))
            }
            writer.field("query", wanted ?? "")
            writer.field("count", found.count)
            writer.field("timestamp", Timestamp.text(moment.now))
            writer.endObject()
        }
    }

    private static func assets(named wanted: String, in moment: OpportunityMoment) -> [Found] {
        var found: [AssetGroup: Found] = [:]
        for (group, asset, rows) in RateSelection().rows(in: moment.market.market, at: moment.now).byAsset {
            let name = asset.uppercased()
            guard name.contains(wanted) else { continue }
            let exchanges = Set(rows.map(\.rate.contract.exchange)).count
            guard exchanges >= 2 else { continue }
            found[group] = Found(
                asset: asset, exchanges: exchanges, meanAPR: rows.map(\.rate.apr).mean ?? 0,
                lastSeen: rows.map(\.rate.observedAt).max() ?? moment.now, carries: [],
                match: name == wanted ? 0 : name.hasPrefix(wanted) ? 1 : 2)
        }
        for pair in OpportunityFilter(mostAge: OpportunityFilter.usualAge).pairs(in: moment) {
            found[AssetGroup(of: pair.opportunity.spread)]?.carries.append(pair.hourlyCarry)
        }
        return Array(found.values)
    }
}
