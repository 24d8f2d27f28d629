import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// Where one contract's numbers come from: what the exchange said and when, the formulas with the numbers put in, and
/// what was checked.
struct ExplainEndpoint: Sendable {
    private static let kept = Duration.seconds(5)
    private static let toldSettlements = 3

    let source: MarketSource
    let reads: TableReads
    let raw: RawExcerptStore

    private typealias Ask = HistoryParameters

    private static let check: JSONShape = ["check": .text, "passed": .flag, "found": .text]
    private static let schema: JSONShape = [
        "exchange": .text, "symbol": .text, "base_asset": .text, "funding_rate": .number,
        "funding_rate_kind": .words(RateKind.self), "funding_interval_hours": .number, "period_ended": .flag,
        "observed_at": .timestamp, "age_seconds": .number, "freshness": .text, "stale_after_seconds": .number,
        "next_funding_time": .timestamp.orNull,
        "next_funding_time_source": .word(["exchange", "computed", "continuous"]),
        "formulas": .list(["name": .text, "formula": .text, "numbers": .text, "result": .number.orNull]),
        "checks": .list(check), "terms": .list(TermsStore.Entry.schema),
        "latest_settlements": .list([
            "funding_time": .timestamp, "funding_rate": .number, "funding_interval_hours": .number, "apr": .number,
        ]),
        "prediction_scores": .list(PredictionStore.Entry.schema),
        "raw": .list(["request": .text, "received_at": .timestamp, "text": .text]).orNull,
        "feed": ["feed": .text, "status": .text, "poll_period_seconds": .number, "rejects": .count],
        "timestamp": .timestamp,
    ]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/explain/{exchange}/{symbol*}", .rates, "Where a contract's numbers come from.",
                [Ask.pathExchange, Ask.symbol], answers: Self.schema, explain
            ).guarded(by: .heavy).refusing(404)
        ]
    }

    private func explain(_ arguments: inout Arguments) async throws -> WebResponse {
        let market = try source.picture().market
        let exchange = arguments[Ask.pathExchange]
        let symbol = arguments[Ask.symbol]
        try arguments.finish()
        let rate = try market.contract(symbol, on: exchange)
        guard let feed = market.feeds[rate.contract.feed] else { throw WebError.noContract(symbol, on: exchange) }
        return try await reads.json(arguments, for: Self.kept) { [reads, raw] in
            let now = Date()
            let entries = try await TermsStore(reads.pool).terms(of: symbol, on: rate.contract.exchange)
            let contracts = try await reads.settlements.contracts(symbol: symbol, exchange: rate.contract.exchange)
            let settled = try await reads.settlements.page(
                of: contracts.map(\.id), during: HistoryParameters.window(days: 30, until: now), after: nil,
                limit: Self.toldSettlements)
            let scores = try await PredictionStore(reads.pool).entries(of: symbol, on: rate.contract.exchange) ?? []
            let explanation = RateExplanation(rate: rate, feed: feed, market: market, terms: entries, at: now)
            var writer = JSONWriter(reservingCapacity: 4096)
            writer.beginObject()
            explanation.writeMembers(to: &writer)
            writer.list("latest_settlements", settled) { point, writer in
                writer.field("funding_time", Timestamp.text(point.fundingTime))
                writer.field("funding_rate", point.fundingRate)
                writer.field("funding_interval_hours", point.interval.hours)
                writer.field("apr", point.apr)
            }
            // Redis may be away, or have forgotten: then nobody knows any more.
            if let excerpts = try? await raw.excerpts(of: symbol, on: rate.contract.feed) {
                writer.list("raw", excerpts) { $0.writeMembers(to: &$1) }
            } else {
                writer.field("raw", String?.none)
            }
            writer.list("prediction_scores", scores) { $0.writeScore(to: &$1) }
            writer.field("timestamp", Timestamp.text(now))
            writer.endObject()
            return writer
        }
    }
}
