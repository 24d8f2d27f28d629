import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// One contract, its terms, and which contracts' terms changed.
struct ContractEndpoints: Sendable {
    private static let kept = Duration.seconds(30)

    let source: MarketSource
    let reads: TableReads

    private typealias Ask = HistoryParameters

    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchange", "Only these exchanges.")
        .orNamed("exchanges")
    private static let since = Parameter<Date?>.time("since", "From when on; 7 days back if not said.")
    private static let limit = Parameter<Int>.integer("limit", in: 1...5000, default: 500, "How many rows at most.")

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/contracts/{exchange}/{symbol*}", .rates, "One contract with all that is known of it.",
                [Ask.pathExchange, Ask.symbol], answers: .rate, contract
            ).refusing(404),
            .get(
                "/api/contract-terms/{exchange}/{symbol*}", .rates,
                "The terms that a contract has had, ascending: interval, limits, multiplier, status.",
                [Ask.pathExchange, Ask.symbol], answers: Self.termsSchema, terms
            ).refusing(404),
            .get(
                "/api/contract-changes", .rates, "Listings, delistings and changed terms, newest first.",
                [Self.exchanges, Self.since, Self.limit], answers: Self.changesSchema, changes),
        ]
    }

    private func contract(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let exchange = arguments[Ask.pathExchange]
        let symbol = arguments[Ask.symbol]
        try arguments.finish()
        let market = picture.market
        let now = Date()
        guard let exchange, let rate = market.rates(of: exchange.id).first(where: { $0.contract.symbol == symbol })
        else { throw WebError.notFound("There is no contract \(symbol.prefix(60)) on \(exchange?.name ?? "it")") }
        let row = RateRow(
            rate: rate, exchangeName: exchange.name, freshness: market.freshness(of: rate, at: now),
            statistics: market.statistics(of: rate), now: now)
        return source.json(picture, now) { row.write(RateField.allCases, to: &$0) }
    }

    // MARK: Terms

    static let terms = JSONShape.named(
        JSONShape.Component(
            name: "Terms",
            schema: [
                "funding_interval_hours": .number, "rate_cap": .number.orNull, "rate_floor": .number.orNull,
                "denomination": .number, "status": .word(["active", "inactive"]),
            ]))
    static let changeSchema: JSONShape = [
        "symbol": .text, "base_asset": .text, "kinds": .list(.words(TermsChange.Kind.self)), "before": terms.orNull,
        "after": terms,
    ]
    private static let termsSchema: JSONShape = [
        "exchange": .text, "symbol": .text, "terms": .list(["valid_from": .timestamp, "change": changeSchema]),
    ]
    private static let changesSchema: JSONShape = [
        "since": .timestamp, "changes": .list(["exchange": .text, "valid_from": .timestamp, "change": changeSchema]),
        "timestamp": .timestamp,
    ]

    private func terms(_ arguments: inout Arguments) async throws -> WebResponse {
        _ = try source.picture()
        let exchange = arguments[Ask.pathExchange]
        let symbol = arguments[Ask.symbol]
        try arguments.finish()
        guard let exchange else { throw WebError.notFound() }
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let entries = try await TermsStore(reads.pool).terms(of: symbol, on: exchange.id)
            guard !entries.isEmpty else {
                throw WebError.notFound("There is no contract \(symbol.prefix(60)) on \(exchange.name)")
            }
            var writer = JSONWriter(reservingCapacity: 400 + entries.count * 400)
            writer.beginObject()
            writer.field("exchange", exchange.name)
            writer.field("symbol", symbol)
            writer.list("terms", entries) { entry, writer in
                writer.field("valid_from", Timestamp.text(entry.validFrom))
                writer.key("change")
                entry.change.write(to: &writer)
            }
            writer.endObject()
            return writer
        }
    }

    private func changes(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let exchanges = arguments[Self.exchanges]
        let since = arguments[Self.since]
        let limit = arguments[Self.limit]
        try arguments.finish()
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let now = Date()
            let start = since ?? now.addingTimeInterval(-7 * 86_400)
            let entries = try await TermsStore(reads.pool).latest(
                exchanges: exchanges.isEmpty ? nil : exchanges.map(\.id), since: start, limit: limit)
            var writer = JSONWriter(reservingCapacity: 400 + entries.count * 400)
            writer.beginObject()
            writer.field("since", Timestamp.text(start))
            writer.list("changes", entries) { entry, writer in
                writer.field("exchange", names[entry.exchange])
                writer.field("valid_from", Timestamp.text(entry.validFrom))
                writer.key("change")
                entry.change.write(to: &writer)
            }
            writer.field("timestamp", Timestamp.text(now))
            writer.endObject()
            return writer
        }
    }
}
