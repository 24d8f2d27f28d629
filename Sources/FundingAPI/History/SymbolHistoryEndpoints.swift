import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// Settled history by symbol, in pages, newest first.
struct SymbolHistoryEndpoints: Sendable {
    /// How long an answer may be used again.
    static let kept = Duration.seconds(30)

    let source: MarketSource
    let reads: TableReads

    private typealias Ask = HistoryParameters

    private static let days = HistoryParameters.days(1...365)
    private static let hours = Parameter<Int>.integer("hours", in: 24...168, default: 48, "How many hours back.")
    private static let wantedExchange = Parameter<AnyExchange>.orAll
    private static let usualExchange = Parameter<KnownExchange?>.exchange(
        "exchange", default: "binance", "The exchange, by id or name.")

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/historical/{symbol*}", .history, "What a symbol's contracts paid, on all exchanges or one.",
                [Ask.symbol, Self.days, Ask.exchange, Self.limit, Ask.cursor], answers: Self.daysSchema, lastDays
            ).guarded(by: .heavy).refusing(404),
            .get(
                "/api/historical-funding/{symbol*}", .history, "What a contract paid between two times.",
                [Ask.symbol, Self.wantedExchange, Ask.from, Ask.to, Ask.limit, Ask.cursor], answers: Self.rangeSchema,
                range
            ).guarded(by: .heavy).refusing(404),
            .get(
                "/api/funding-sparkline/{symbol*}", .history, "A contract's payments by hours, ascending.",
                [Ask.symbol, Self.hours, Self.usualExchange], answers: Self.sparklineSchema, sparkline
            ).guarded(by: .heavy).refusing(404),
        ]
    }

    // MARK: The last days

    private static let limit = Parameter<Int>.integer(
        "limit", in: 1...10_000, default: 10_000, "How many rows at most.")
    private static let daysSchema: JSONShape = [
        "symbol": .text, "days": .count, "data_points": .count, "truncated": .flag, "next_cursor": .text.orNull,
        "data": .list([
            "exchange": .text, "symbol": .text, "funding_rate": .number, "apr": .number, "mark_price": .number.orNull,
            "timestamp": .timestamp,
        ]),
    ]

    private func lastDays(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let symbol = arguments[Ask.symbol]
        let days = arguments[Self.days]
        let exchange = arguments[Ask.exchange]
        let (limit, cursor) = (arguments[Self.limit], arguments[Ask.cursor])
        try arguments.finish()
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let contracts = try await reads.contracts(symbol: symbol, exchange: exchange?.id)
            let page = try await HistoryPageRead(
                reads.settlements, contracts, HistoryParameters.window(days: days, until: Date()), cursor, limit)
            var writer = JSONWriter(reservingCapacity: 200 + page.rows.count * 160)
            writer.beginObject()
            writer.field("symbol", symbol)
            writer.field("days", days)
            page.writeFrame(to: &writer)
            writer.list("data", page.rows) { row, writer in
                let contract = page.contract(of: row)
                writer.field("exchange", names[contract.exchange])
                writer.field("symbol", contract.symbol)
                writer.field("funding_rate", row.fundingRate)
                writer.field("apr", row.apr)
                writer.field("mark_price", row.markPrice)
                writer.field("timestamp", Timestamp.text(row.fundingTime))
            }
            writer.endObject()
            return writer
        }
    }

    // MARK: Between two times

    private static let rangeSchema: JSONShape = [
        "symbol": .text, "exchange": .text, "data_points": .count, "truncated": .flag, "next_cursor": .text.orNull,
        "start_time": .timestamp, "end_time": .timestamp,
        "data": .list([
            "exchange": .text, "symbol": .text, "funding_rate": .number, "apr": .number, "funding_time": .timestamp,
            "mark_price": .number.orNull, "funding_interval_hours": .number,
        ]),
    ]

    private func range(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let symbol = arguments[Ask.symbol]
        let exchange = arguments[Self.wantedExchange]
        let to = arguments[Ask.to] ?? Date()
        let from = arguments[Ask.from] ?? to.addingTimeInterval(-30 * 86_400)
        let (limit, cursor) = (arguments[Ask.limit], arguments[Ask.cursor])
        if from > to {
            arguments.report(
                "value_error", Ask.from.declaration, "start_time must not be after end_time", Timestamp.text(from))
        }
        try arguments.finish()
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let contracts = try await reads.contracts(symbol: symbol, exchange: exchange.known?.id)
            let page = try await HistoryPageRead(reads.settlements, contracts, from...to, cursor, limit)
            var writer = JSONWriter(reservingCapacity: 200 + page.rows.count * 200)
            writer.beginObject()
            writer.field("symbol", symbol)
            writer.field("exchange", exchange.known?.name ?? "*")
            page.writeFrame(to: &writer)
            writer.field("start_time", Timestamp.text(from))
            writer.field("end_time", Timestamp.text(to))
            writer.list("data", page.rows) { row, writer in
                let contract = page.contract(of: row)
                writer.field("exchange", names[contract.exchange])
                writer.field("symbol", contract.symbol)
                writer.field("funding_rate", row.fundingRate)
                writer.field("apr", row.apr)
                writer.field("funding_time", Timestamp.text(row.fundingTime))
                writer.field("mark_price", row.markPrice)
                writer.field("funding_interval_hours", row.interval.hours)
            }
            writer.endObject()
            return writer
        }
    }

    // MARK: Sparkline

    private static let sparklineSchema: JSONShape = [
        "symbol": .text, "exchange": .text, "hours": .count, "data_points": .count,
        "sparkline": .list(["time": .timestamp, "value": .number, "min": .number, "max": .number, "count": .count]),
    ]

    private func sparkline(_ arguments: inout Arguments) async throws -> WebResponse {
        _ = try source.picture()
        let symbol = arguments[Ask.symbol]
        let hours = arguments[Self.hours]
        let exchange = arguments[Self.usualExchange]
        try arguments.finish()
        guard let exchange else {
            throw WebError.notFound("Binance is not among the exchanges; name one with exchange=")
        }
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let contract = try await reads.contracts(symbol: symbol, exchange: exchange.id)[0]
            let since = Date().addingTimeInterval(-Double(hours) * 3600)
            let buckets = try await reads.settlements.hours(of: contract.id, since: since)
            var writer = JSONWriter(reservingCapacity: 200 + buckets.count * 120)
            writer.beginObject()
            writer.field("symbol", symbol)
            writer.field("exchange", exchange.name)
            writer.field("hours", hours)
            writer.field("data_points", buckets.count)
            writer.list("sparkline", buckets) { bucket, writer in
                writer.field("time", Timestamp.text(bucket.start))
                writer.field("value", bucket.mean)
                writer.field("min", bucket.least)
                writer.field("max", bucket.most)
                writer.field("count", bucket.count)
            }
            writer.endObject()
            return writer
        }
    }
}
