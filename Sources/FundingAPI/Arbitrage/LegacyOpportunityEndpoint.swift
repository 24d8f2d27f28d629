import FundingCore
import FundingJSON
import WebServer

/// `GET /api/arbitrage/opportunities`: of each asset and two exchanges the pair that pays most, those that stand out first.
struct LegacyOpportunityEndpoint: Sendable {
    let source: ArbitrageSource

    private static let leastSpread = OpportunityParameters.leastSpread
    private static let count = Parameter<Int>.integer(
        "top_n", in: 1...100, default: 20, "How many at most, or rows a page."
    ).orNamed("page_size")

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/arbitrage/opportunities", .arbitrage,
                "The pair that pays most of each asset and two exchanges; those that stand out among their past first.",
                [Self.leastSpread, Self.count, OpportunityPage.number], answers: Self.schema, opportunities
            ).also(304, nil, nil, "Nothing has changed since.")
        ]
    }

    private static let row: JSONShape = [
        "asset": .text, "long_exchange": .text, "long_contract": .text, "short_exchange": .text,
        "short_contract": .text, "long_rate": .number, "short_rate": .number, "long_apr": .number,
        "short_apr": .number, "long_interval_hours": .number, "short_interval_hours": .number, "rate_spread": .number,
        "rate_spread_pct": .number, "apr_spread": .number, "arbitrage_type": .words(FundingSpread.Kind.self),
        "long_zscore": .number.orNull, "short_zscore": .number.orNull, "spread_zscore": .number.orNull,
        "percentile": .number.orNull, "is_significant": .flag, "significance_score": .number.orNull,
        "data_points": JSONShape.count.orNull, "oldest_leg_age_seconds": .number,
    ]

    private static let body: JSONShape = [
        "opportunities": .list(row),
        "statistics": [
            "total_opportunities": .count, "average_spread": .number, "max_spread": .number, "max_apr_spread": .number,
            "most_common_long_exchange": .text.orNull, "most_common_short_exchange": .text.orNull,
            "significant_count": .count, "extreme_count": .count, "avg_significance_score": .number.orNull,
            "with_statistics": .count,
        ],
        "pagination": .pagination,
        "parameters": ["min_spread": .number, "top_n": .count, "page": .count],
    ]

    private static let schema = body.with(ArbitrageSource.stateSchema)

    private func opportunities(_ arguments: inout Arguments) async throws -> WebResponse {
        let moment = try source.moment()
        let leastSpread = arguments[Self.leastSpread]
        let (count, page) = (arguments[Self.count], arguments[OpportunityPage.number])
        try arguments.finish()
        let filter = OpportunityFilter(leastSpread: leastSpread, mostAge: OpportunityFilter.usualAge)
        let pairs = Self.best(of: filter.pairs(in: moment))
        let paging = OpportunityPage(page: page, size: count, total: pairs.count)
        return source.json(moment) { writer in
            writer.list("opportunities", paging.part(of: pairs).map { moment.row($0) }) { Self.write($0, to: &$1) }
            writer.key("statistics")
            Self.writeStatistics(of: pairs, moment.names, to: &writer)
            paging.write(to: &writer)
            writer.key("parameters")
            writer.beginObject()
            writer.field("min_spread", leastSpread)
            writer.field("top_n", count)
            writer.field("page", page)
            writer.endObject()
        }
    }

    /// By significance, then by the difference of the rates.
    private static func best(of pairs: [ListedOpportunity]) -> [ListedOpportunity] {
        var widest: [String: ListedOpportunity] = [:]
        for pair in pairs {
            let spread = pair.opportunity.spread
            // Whichever of the two is long.
            let exchanges = [spread.long.exchange, spread.short.exchange].map(\.rawValue).sorted()
            let place = "\(spread.asset)|\(spread.marketType.rawValue)|\(exchanges.joined(separator: "|"))"
            if let known = widest[place], (known.hourlyCarry, pair.name) >= (pair.hourlyCarry, known.name) { continue }
            widest[place] = pair
        }
        return widest.values.sorted { one, other in
            let scores = (one.opportunity.significance ?? 0, other.opportunity.significance ?? 0)
            if scores.0 != scores.1 { return scores.0 > scores.1 }
            let spreads = (one.opportunity.spread.rateSpread, other.opportunity.spread.rateSpread)
            return spreads.0 != spreads.1 ? spreads.0 > spreads.1 : one.name < other.name
        }
    }

    private static func write(_ row: OpportunityRow, to writer: inout JSONWriter) {
        let (spread, statistics) = (row.opportunity.spread, row.opportunity.statistics)
        writer.field("asset", spread.asset)
        writer.field("long_exchange", row.long.exchangeName)
        writer.field("long_contract", spread.long.symbol)
        writer.field("short_exchange", row.short.exchangeName)
        writer.field("short_contract", spread.short.symbol)
        writer.field("long_rate", spread.long.fundingRate)
        writer.field("short_rate", spread.short.fundingRate)
        writer.field("long_apr", spread.long.apr)
        writer.field("short_apr", spread.short.apr)
        writer.field("long_interval_hours", spread.long.interval.hours)
        writer.field("short_interval_hours", spread.short.interval.hours)
        writer.field("rate_spread", spread.rateSpread)
        writer.field("rate_spread_pct", spread.rateSpread * 100)
        writer.field("apr_spread", spread.aprSpread)
        writer.field("arbitrage_type", spread.kind.rawValue)
        writer.field("long_zscore", row.long.zScore)
        writer.field("short_zscore", row.short.zScore)
        writer.field("spread_zscore", statistics?.zScore)
        writer.field("percentile", statistics?.percentile)
        writer.field("is_significant", statistics?.isSignificant ?? false)
        writer.field("significance_score", row.opportunity.significance)
        writer.field("data_points", statistics?.dataPoints)
        writer.field("oldest_leg_age_seconds", row.roundedAge)
    }

    private static func writeStatistics(
        of pairs: [ListedOpportunity], _ names: ExchangeNames, to writer: inout JSONWriter
    ) {
        let percents = pairs.map { $0.opportunity.spread.rateSpread * 100 }
        let scores = pairs.compactMap(\.opportunity.significance)
        writer.beginObject()
        writer.field("total_opportunities", pairs.count)
        writer.field("average_spread", percents.mean ?? 0)
        writer.field("max_spread", percents.max() ?? 0)
        writer.field("max_apr_spread", pairs.map(\.aprSpread).max() ?? 0)
        writer.field(
            "most_common_long_exchange", pairs.map(\.opportunity.spread.long.exchange).mostCommon.map { names[$0] })
        writer.field(
            "most_common_short_exchange", pairs.map(\.opportunity.spread.short.exchange).mostCommon.map { names[$0] })
        writer.field("significant_count", pairs.count { $0.opportunity.statistics?.isSignificant == true })
        writer.field("extreme_count", pairs.count { $0.opportunity.statistics?.isExtreme == true })
        writer.field("avg_significance_score", scores.mean)
        writer.field("with_statistics", pairs.count { $0.opportunity.statistics?.mean != nil })
        writer.endObject()
    }
}

extension [Double] {
    /// Nil for an empty list.
    var mean: Double? { isEmpty ? nil : reduce(0, +) / Double(count) }
}

extension [ExchangeID] {
    /// Of equally common ones the first by its id.
    fileprivate var mostCommon: ExchangeID? {
        Dictionary(grouping: self) { $0 }.min { one, other in
            one.value.count != other.value.count
                ? one.value.count > other.value.count : one.key.rawValue < other.key.rawValue
        }?.key
    }
}
