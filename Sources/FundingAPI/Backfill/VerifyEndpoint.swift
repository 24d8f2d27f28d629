import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// What of settled history is there and what is missing: of all contracts, of an exchange's, or of one.
struct VerifyEndpoint: Sendable {
    private static let kept = Duration.seconds(60)
    private static let toldCandidates = 20

    let source: MarketSource
    let reads: TableReads
    let completeness: CompletenessReads

    private static let days = Parameter<Int>.integer("days", in: 1...90, default: 30, "How many days back.")
    private static let exchange = Parameter<KnownExchange?>.exchange("exchange", "Only this exchange's contracts.")
    private static let symbol = Parameter<String?>.text("symbol", "Only this contract, together with `exchange`.")
    private static let threshold = Parameter<Double>.number(
        "threshold", in: 0...100, default: HistoryReport.retryThreshold,
        "Contracts of which less is there, in percent, are worth another try.")
    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchange", "Only these exchanges.")
        .orNamed("exchanges")
    private static let symbols = Parameter<[String]>.symbols("symbol", "Only these symbols; repeat it for several.")
    private static let from = Parameter<Date?>.time("from", "The first day.")
    private static let to = Parameter<Date?>.time("to", "The last day.")
    private static let paging = Paging.Parameters(limits: 1...5000, usual: 500)

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/backfill/verify", .backfill, "What of settled history is there and what is missing.",
                [Self.days, Self.exchange, Self.symbol, Self.threshold],
                answers: .either([Self.wholeSchema, Self.exchangeSchema, VerifyAccount.contractSchema]), verify
            ).guarded(by: .heavy).refusing(404),
            .get(
                "/api/backfill/certificates", .backfill,
                "What each contract and UTC day held when it was last looked at, with a hash of it.",
                [Self.exchanges, Self.symbols, Self.from, Self.to] + Self.paging.all, answers: Self.certificatesSchema,
                certificates
            ).guarded(by: .heavy),
        ]
    }

    // MARK: Verify

    private static let exchangeSchema: JSONShape = [
        "summary": [
            "exchange": .text, "total_contracts": .count, "complete": .count, "incomplete": .count,
            "needs_retry": .list(.text),
        ],
        "contracts": .list(VerifyAccount.contractSchema), "days_analyzed": .count, "timestamp": .timestamp,
    ]
    private static let wholeSchema: JSONShape = [
        "summary": [
            "total_contracts": .count, "complete": .count, "partial_high": .count, "partial_medium": .count,
            "incomplete": .count, "no_data": .count, "errors": .count, "needs_retry": .list(.text),
            "overall_complete_percentage": .number,
        ],
        "days_analyzed": .count, "timestamp": .timestamp, "retry_candidates": .list(VerifyAccount.contractSchema),
        "total_retry_needed": .count,
    ]

    private func verify(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let days = arguments[Self.days]
        let exchange = arguments[Self.exchange]
        let symbol = arguments[Self.symbol]
        let threshold = arguments[Self.threshold]
        if symbol != nil, exchange == nil {
            arguments.report("missing", Self.symbol.declaration, "A symbol needs its exchange", symbol ?? "")
        }
        try arguments.finish()
        return try await reads.json(arguments, for: Self.kept) { [completeness] in
            let now = Date()
            let checked = try await completeness.check(
                days: days, exchanges: exchange.map { [$0.id] }, symbols: symbol.map { [$0] }, now: now)
            let account = VerifyAccount(checked, threshold: threshold, days: days, names: names, at: now)
            var writer = JSONWriter(reservingCapacity: 1000 + checked.count * 300)
            if let exchange, let symbol {
                guard let one = checked.first else {
                    throw WebError.noContract(symbol, on: exchange)
                }
                account.write(one, to: &writer)
            } else if let exchange {
                account.write(exchange: exchange.name, to: &writer)
            } else {
                account.writeWhole(candidates: Self.toldCandidates, to: &writer)
            }
            return writer
        }
    }

    // MARK: Certificates

    private static let certificatesSchema: JSONShape = [
        "certificates": .list([
            "exchange": .text, "symbol": .text, "day": .day, "expected": .count, "present": .count, "hash": .text,
            "certified_at": .timestamp,
        ]),
        "total": .count, "pagination": .pagination, "timestamp": .timestamp,
    ]

    private func certificates(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let exchanges = arguments[Self.exchanges]
        let symbols = arguments[Self.symbols]
        let (from, to) = (arguments[Self.from], arguments[Self.to])
        if let from, let to, from > to {
            arguments.report("value_error", Self.from.declaration, "from must not be after to", Timestamp.text(from))
        }
        let paging = Paging(&arguments, Self.paging)
        try arguments.finish()
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let (rows, total) = try await reads.history.certificates(
                exchanges: exchanges.isEmpty ? nil : exchanges.map(\.id), symbols: symbols.isEmpty ? nil : symbols,
                from: from, to: to, limit: paging.limit, offset: paging.offset)
            var writer = JSONWriter(reservingCapacity: 200 + rows.count * 260)
            writer.beginObject()
            writer.list("certificates", rows) { row, writer in
                writer.field("exchange", names[row.exchange])
                writer.field("symbol", row.symbol)
                writer.field("day", String(Timestamp.text(row.day).prefix(10)))
                writer.field("expected", row.expected)
                writer.field("present", row.present)
                writer.field("hash", row.hash)
                writer.field("certified_at", Timestamp.text(row.certifiedAt))
            }
            writer.field("total", total)
            paging.write(of: total, to: &writer)
            writer.field("timestamp", Timestamp.text(Date()))
            writer.endObject()
            return writer
        }
    }
}
