import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// How well exchanges' predicted rates foretell what is settled.
struct PredictionEndpoints: Sendable {
    enum Direction: String, Sendable, CaseIterable {
        case asc, desc
    }

    private static let kept = Duration.seconds(30)

    let source: MarketSource
    let reads: TableReads

    private typealias Ask = HistoryParameters

    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchange", "Only these exchanges.")
        .orNamed("exchanges")
    private static let assets = Parameter<[String]>.assets("asset", "Only these base assets.").orNamed("base_asset")
    private static let horizons = Parameter<[PredictionScore.Horizon]>.horizons
    private static let sort = Parameter<PredictionStore.Order>.choice(
        "sort_by", default: .meanAbsoluteError,
        "What to sort by, errors per hour; contracts without any prediction come last."
    )
    .orNamed("sort")
    private static let direction = Parameter<Direction>.choice("sort_order", default: .desc, "In which direction.")
    private static let includesInactive = Parameter<Bool>.flag("include_inactive", "Also what is delisted.")
    private static let paging = Paging.Parameters(limits: 1...5000, usual: 500)

    private static let listSchema: JSONShape = [
        "scores": .list(PredictionStore.Entry.nameSchema.with(PredictionStore.Entry.schema)), "total": .count,
        "pagination": .pagination,
        "timestamp": .timestamp,
    ]
    private static let contractSchema: JSONShape = [
        "exchange": .text, "symbol": .text, "scores": .list(PredictionStore.Entry.schema), "timestamp": .timestamp,
    ]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/prediction-scores", .statistics,
                "How far predicted rates were from what was settled, by contract and minutes before the payment.",
                [
                    Self.exchanges, Self.assets, Self.horizons, Self.sort, Self.direction, Self.includesInactive,
                ] + Self.paging.all, answers: Self.listSchema, list),
            .get(
                "/api/prediction-scores/{exchange}/{symbol*}", .statistics,
                "How far one contract's predicted rates were from what was settled, the longest horizon first.",
                [Ask.pathExchange, Ask.symbol], answers: Self.contractSchema, contract
            ).refusing(404),
        ]
    }

    private func list(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let (exchanges, assets) = (arguments[Self.exchanges], arguments[Self.assets])
        let horizons = arguments[Self.horizons]
        let filter = PredictionStore.Filter(
            exchanges: exchanges.isEmpty ? nil : exchanges.map(\.id), assets: assets.isEmpty ? nil : assets,
            horizons: horizons.isEmpty ? nil : horizons, includesInactive: arguments[Self.includesInactive])
        let (order, direction) = (arguments[Self.sort], arguments[Self.direction])
        let paging = Paging(&arguments, Self.paging)
        try arguments.finish()
        let (total, entries) = try await PredictionStore(reads.pool).entries(
            filter, by: order, isAscending: direction == .asc, limit: paging.limit, offset: paging.offset)
        var response = WebResponse.now { writer in
            writer.list("scores", entries) { entry, writer in
                writer.field("exchange", names[entry.exchange])
                writer.field("exchange_id", entry.exchange.rawValue)
                writer.field("symbol", entry.symbol)
                writer.field("base_asset", entry.baseAsset)
                entry.writeScore(to: &writer)
            }
            writer.field("total", total)
            paging.write(of: total, to: &writer)
            writer.field("timestamp", Timestamp.text(Date()))
        }
        response.describe(paging, of: total, for: arguments.request)
        return response
    }

    private func contract(_ arguments: inout Arguments) async throws -> WebResponse {
        _ = try source.picture()
        let exchange = arguments[Ask.pathExchange]
        let symbol = arguments[Ask.symbol]
        try arguments.finish()
        guard let exchange else { throw WebError.notFound() }
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            guard let entries = try await PredictionStore(reads.pool).entries(of: symbol, on: exchange.id) else {
                throw WebError.noContract(symbol, on: exchange)
            }
            var writer = JSONWriter(reservingCapacity: 1024)
            writer.beginObject()
            writer.field("exchange", exchange.name)
            writer.field("symbol", symbol)
            writer.list("scores", entries) { $0.writeScore(to: &$1) }
            writer.field("timestamp", Timestamp.text(Date()))
            writer.endObject()
            return writer
        }
    }
}

extension PredictionStore.Entry {
    static let nameSchema: JSONShape = ["exchange": .text, "exchange_id": .text, "symbol": .text, "base_asset": .text]

    /// What `writeScore` writes.
    static let schema: JSONShape = [
        "horizon_minutes": .count, "funding_interval_hours": .number, "predictions": .count,
        "mean_error": .number.orNull, "mean_absolute_error": .number.orNull, "sign_flips": .count,
        "sign_flip_rate": .number.orNull, "scored_from": .timestamp, "scored_to": .timestamp,
    ]

    /// Writes the numbers into an object that is open. Errors are fractions of notional per `funding_interval_hours`,
    /// the interval of the payments that were scored; the contract's present one may be another.
    func writeScore(to writer: inout JSONWriter) {
        writer.field("horizon_minutes", horizon.minutes)
        writer.field("funding_interval_hours", score.interval.hours)
        writer.field("predictions", score.count)
        writer.field("mean_error", score.meanError)
        writer.field("mean_absolute_error", score.meanAbsoluteError)
        writer.field("sign_flips", score.signFlips)
        writer.field("sign_flip_rate", score.signFlipRate)
        writer.field("scored_from", Timestamp.text(scoredFrom))
        writer.field("scored_to", Timestamp.text(scoredTo))
    }
}

extension Parameter where Value == [PredictionScore.Horizon] {
    /// Horizons as their minutes.
    fileprivate static var horizons: Parameter {
        let minutes = PredictionScore.Horizon.allCases.map { "\($0.minutes)" }
        return Parameter(
            ParameterDeclaration(
                name: "horizon", schema: .list(.word(minutes)), isList: true,
                summary: "Only so many minutes before the payment.")
        ) { arguments, declaration in
            arguments.list(declaration, expected: "Input should be one of \(minutes.joined(separator: ", "))") {
                Int($0).flatMap(PredictionScore.Horizon.init(rawValue:))
            }
        }
    }
}
