import Foundation
import FundingCore
import FundingJSON
import WebServer

/// Where current rates stand among their last 30 days, from the picture of the market.
struct ScoreEndpoints: Sendable {
    /// How the list of z-scores is sorted. Contracts without one come last.
    enum Order: String, Sendable, CaseIterable {
        case sizeDescending = "zscore_abs"
        case ascending = "zscore_asc"
        case descending = "zscore_desc"
        case contract, exchange
    }

    /// Contracts with the highest and the lowest APR that are told beside the extreme ones.
    private static let farthest = 10

    let source: MarketSource

    private static let sizes = 0.0...20.0
    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchanges", "Only these exchanges.")
        .orNamed("exchange")
    private static let search = Parameter<String?>.search(
        "search", "A part of a symbol or base asset; a contract of exactly that symbol stands first.")
    private static let sort = Parameter<Order>.choice(
        "sort", default: .sizeDescending, "What to sort by; contracts without a z-score come last.")
    private static let leastSize = Parameter<Double?>.number(
        "min_abs_zscore", in: sizes, "At least so many deviations from the mean.")
    private static let confidences = Parameter<[Confidence]>.choices(
        "confidence", "Only contracts whose statistics are believed so far.")
    private static let paging = Paging.Parameters(limits: 1...5000, usual: 5000)
    private static let threshold = Parameter<Double>.number(
        "min_abs_zscore", in: sizes, default: ScoreSummary.extreme, "At least so many deviations from the mean.")
    private static let limit = Parameter<Int>.integer("limit", in: 1...5000, default: 500, "How many rows at most.")

    private static let listSchema: JSONShape = [
        "contracts": .list(ScoredContract.schema), "total": .count, "pagination": .pagination,
        "high_deviation_count": .count,
        "update_timestamp": .timestamp.orNull,
    ]
    private static let extremesSchema: JSONShape = [
        "extreme_contracts": .list(ScoredContract.briefSchema), "count": .count, "threshold": .number,
        "highest_positive": .list(ScoredContract.briefSchema), "highest_negative": .list(ScoredContract.briefSchema),
        "timestamp": .timestamp,
    ]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/statistics/summary", .statistics, "How the current rates stand among their last 30 days.",
                answers: ScoreSummary.schema, summary),
            .get(
                "/api/statistics/extreme-values", .statistics,
                "The contracts whose rate is farthest from its mean, the farthest first. `count` is of all that there are.",
                [Self.threshold, Self.limit, RateParameters.includesInactive], answers: Self.extremesSchema, extremes),
            .get(
                "/api/contracts-with-zscores", .statistics,
                "All contracts with where their rate stands among its last 30 days.",
                [
                    Self.sort, Self.leastSize, Self.exchanges, Self.search, Self.confidences,
                    RateParameters.includesInactive,
                ] + Self.paging.all,
                answers: Self.listSchema, contracts),
            .get(
                "/api/zscore-summary", .statistics, "The same as the summary, and how the z-scores are distributed.",
                answers: ScoreSummary.schema.with(ScoreSummary.detailsSchema), scores),
        ]
    }

    private func summary(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let summary = ScoreSummary(of: picture.market, at: now)
        return source.json(picture, now) { writer in
            writer.beginObject()
            summary.writeMembers(at: now, to: &writer)
            writer.endObject()
        }
    }

    private func scores(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let summary = ScoreSummary(of: picture.market, at: now)
        return source.json(picture, now) { writer in
            writer.beginObject()
            summary.writeMembers(at: now, to: &writer)
            summary.writeDetails(to: &writer)
            writer.endObject()
        }
    }

    private func extremes(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let threshold = arguments[Self.threshold]
        let limit = arguments[Self.limit]
        let selection = RateSelection(includesInactive: arguments[RateParameters.includesInactive])
        try arguments.finish()
        let now = Date()
        let rows = selection.rows(in: picture.market, at: now)
        let extremes = Order.sizeDescending.sorted(rows.filter { $0.deviates(atLeast: threshold) })
        let byAPR = RateOrder(key: .apr).sorted(rows)
        return source.json(picture, now) { writer in
            writer.beginObject()
            writer.list("extreme_contracts", extremes.prefix(limit)) { ScoredContract(row: $0).writeBrief(to: &$1) }
            writer.field("count", extremes.count)
            writer.field("threshold", threshold)
            writer.list("highest_positive", byAPR.prefix(Self.farthest).filter { $0.rate.apr > 0 }) {
                ScoredContract(row: $0).writeBrief(to: &$1)
            }
            writer.list("highest_negative", byAPR.suffix(Self.farthest).reversed().filter { $0.rate.apr < 0 }) {
                ScoredContract(row: $0).writeBrief(to: &$1)
            }
            writer.field("timestamp", Timestamp.text(now))
            writer.endObject()
        }
    }

    private func contracts(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let order = arguments[Self.sort]
        let leastSize = arguments[Self.leastSize]
        let confidences = arguments[Self.confidences]
        var selection = RateSelection(exchanges: Set(arguments[Self.exchanges].map(\.id)))
        selection.search = arguments[Self.search]
        selection.includesInactive = arguments[RateParameters.includesInactive]
        let paging = Paging(&arguments, Self.paging)
        try arguments.finish()
        let now = Date()
        let rows = selection.rows(in: picture.market, at: now).filter { row in
            (leastSize.map(row.deviates) ?? true)
                && (confidences.isEmpty || confidences.contains(row.statistics?.confidence ?? .none))
        }
        let sorted = order.sorted(rows, first: selection.search)
        var response = source.json(picture, now) { writer in
            writer.beginObject()
            writer.list("contracts", sorted[paging]) { ScoredContract(row: $0).write(to: &$1) }
            writer.field("total", rows.count)
            paging.write(of: rows.count, to: &writer)
            writer.field("high_deviation_count", ScoreSummary.Part(rows: rows).extremeCount)
            writer.field("update_timestamp", picture.market.statistics.state.lastRunAt.map(Timestamp.text))
            writer.endObject()
        }
        response.describe(paging, of: rows.count, for: arguments.request)
        return response
    }
}

extension RateRow {
    /// Whether the rate lies so many deviations from its mean, or more; not if that is unknown.
    fileprivate func deviates(atLeast size: Double) -> Bool { statistics?.zScore.map { abs($0) >= size } ?? false }
}

extension ScoreEndpoints.Order {
    /// - Parameter symbol: in capitals; contracts of exactly that symbol stand before all others.
    func sorted(_ rows: [RateRow], first symbol: String? = nil) -> [RateRow] {
        let sorted: [RateRow] =
            switch self {
            case .sizeDescending:
                RateOrder(direction: .desc).sorted(rows) { $0.statistics?.zScore.map(abs) }
            case .descending: RateOrder(key: .zScore, direction: .desc).sorted(rows)
            case .ascending: RateOrder(key: .zScore, direction: .asc).sorted(rows)
            case .contract: RateOrder(key: .symbol, direction: .asc).sorted(rows)
            case .exchange: RateOrder(key: .exchange, direction: .asc).sorted(rows)
            }
        guard let symbol else { return sorted }
        let isExact = { (row: RateRow) in row.rate.contract.symbol.uppercased() == symbol }
        return sorted.filter(isExact) + sorted.filter { !isExact($0) }
    }
}
