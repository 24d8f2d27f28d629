import Foundation
import FundingCore
import FundingJSON
import WebServer

/// What is known of whole exchanges and assets, from the picture of the market.
struct ExchangeEndpoints: Sendable {
    let source: MarketSource
    let health: HealthBoard

    private static let details = Parameter<Bool>.flag("details", "Objects that say more, in place of bare names.")
    private static let exchange = Parameter<KnownExchange?>.exchange(
        "exchange", "The exchange's id or name."
    ).inPath
    private static let exchangesSchema: JSONShape = ["exchanges": .list(ExchangeSummary.schema), "total": .count]
    private static let assetsSchema: JSONShape = ["assets": .list(AssetSummary.schema), "total": .count]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/exchanges", .rates, "All exchanges.", [Self.details],
                answers: .either([.list(.text), Self.exchangesSchema]), exchanges),
            .get(
                "/api/exchanges/{exchange}", .rates, "One exchange.", [Self.exchange], answers: ExchangeSummary.schema,
                exchange),
            .get(
                "/api/assets", .rates, "All assets with a contract that is shown.",
                [Self.details, RateParameters.includesInactive],
                answers: .either([.list(.text), Self.assetsSchema]), assets),
        ]
    }

    private func exchanges(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let wantsDetails = arguments[Self.details]
        try arguments.finish()
        guard wantsDetails else {
            return source.json(picture, now) { $0.value(picture.market.exchanges.map(\.name)) }
        }
        let summaries = ExchangeSummary.all(in: picture.market, health.polls, at: now)
        return source.json(picture, now) { writer in
            writer.beginObject()
            writer.field("exchanges", summaries)
            writer.field("total", summaries.count)
            writer.endObject()
        }
    }

    private func exchange(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let wanted = arguments[Self.exchange]
        try arguments.finish()
        guard let wanted else { throw WebError.notFound() }
        let summary = ExchangeSummary(wanted.id, named: wanted.name, in: picture.market, health.polls, at: now)
        return source.json(picture, now) { $0.value(summary) }
    }

    private func assets(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let wantsDetails = arguments[Self.details]
        let includesInactive = arguments[RateParameters.includesInactive]
        try arguments.finish()
        let summaries = AssetSummary.all(in: picture.market, includesInactive: includesInactive, at: now)
            .sorted { $0.asset < $1.asset }
        guard wantsDetails else { return source.json(picture, now) { $0.value(summaries.map(\.asset)) } }
        return source.json(picture, now) { writer in
            writer.beginObject()
            writer.field("assets", summaries)
            writer.field("total", summaries.count)
            writer.endObject()
        }
    }
}
