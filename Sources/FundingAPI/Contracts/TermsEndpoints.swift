import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// The terms that a contract has had, and which contracts' terms changed.
struct TermsEndpoints: Sendable {
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
                "/api/contract-terms/{exchange}/{symbol*}", .rates,
                "The terms that a contract has had, ascending: interval, limits, multiplier, status.",
                [Ask.pathExchange, Ask.symbol], answers: Self.termsSchema, terms
            ).refusing(404),
            .get(
                "/api/contract-changes", .rates, "Listings, delistings and changed terms, newest first.",
                [Self.exchanges, Self.since, Self.limit], answers: Self.changesSchema, changes),
        ]
    }

    private static let termsSchema: JSONShape = [
        "exchange": .text, "symbol": .text, "terms": .list(TermsStore.Entry.schema),
    ]
    private static let changesSchema: JSONShape = [
        "since": .timestamp,
        "changes": .list(["exchange": .text, "valid_from": .timestamp, "change": TermsChange.schema]),
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
                throw WebError.noContract(symbol, on: exchange)
            }
            var writer = JSONWriter(reservingCapacity: 400 + entries.count * 400)
            writer.beginObject()
            writer.field("exchange", exchange.name)
            writer.field("symbol", symbol)
            writer.list("terms", entries) { $0.writeMembers(to: &$1) }
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
                entry.writeMembers(to: &writer)
            }
            writer.field("timestamp", Timestamp.text(now))
            writer.endObject()
            return writer
        }
    }
}
