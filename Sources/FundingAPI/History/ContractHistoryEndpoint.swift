import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// One contract's settled history, with the live rate before it.
struct ContractHistoryEndpoint: Sendable {
    /// Every payment of an hourly contract in the longest window, and some to spare.
    private static let mostRows = 90 * 24 + 100

    let source: MarketSource
    let reads: TableReads

    private typealias Ask = HistoryParameters

    private static let days = HistoryParameters.days(1...90)
    private static let includesLive = Parameter<Bool>.flag(
        "include_live", default: true, "Also the live rate, as the first row and `kind` live.")

    private static let schema: JSONShape = [
        "exchange": .text, "symbol": .text, "base_asset": .text, "funding_interval_hours": .number, "days": .count,
        "data_points": .count,
        "data": .list([
            "timestamp": .timestamp, "funding_rate": .number, "apr": .number, "mark_price": .number.orNull,
            "open_interest": .number.orNull, "kind": .word(["live", "settled"]), "funding_interval_hours": .number,
        ]),
    ]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/historical-funding-by-contract/{exchange}/{symbol*}", .history,
                "What one contract paid, newest first; open interest is known of the live row only.",
                [Ask.pathExchange, Ask.symbol, Self.days, Self.includesLive, Ask.format], answers: Self.schema, history
            ).also(200, "text/csv", nil, "The rows as RFC 4180.").guarded(by: .heavy).refusing(404)
        ]
    }

    private func history(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let exchange = arguments[Ask.pathExchange]
        let symbol = arguments[Ask.symbol]
        let days = arguments[Self.days]
        let includesLive = arguments[Self.includesLive]
        let format = arguments[Ask.format]
        try arguments.finish()
        guard let exchange else { throw WebError.notFound() }
        let known = picture.market.rate(of: symbol, on: exchange.id)
        // What has not been seen for long is no live rate, and may be older than what was paid since.
        let live = includesLive ? known.flatMap { picture.market.isVisible($0, at: Date()) ? $0 : nil } : nil
        let read = { @Sendable [reads] in
            // One that was imported and is polled no more stands in the tables only.
            let contract =
                if let known { ContractKey(known) } else {
                    try await reads.contracts(symbol: symbol, exchange: exchange.id)[0]
                }
            let window = HistoryParameters.window(days: days, until: Date())
            let settled = try await reads.settlements.page(
                of: [contract.id], during: window, after: nil, limit: Self.mostRows)
            return ContractHistory(
                exchangeName: exchange.name, contract: contract, days: days, live: live,
                settled: settled)
        }
        guard format == .csv else {
            return try await reads.json(arguments, for: SymbolHistoryEndpoints.kept) { try await read().json }
        }
        let name = "\(exchange.id.rawValue)-\(symbol)-\(days)d.csv"
        let bytes = try await read().csv
        return .csvFile(name) { try await $0.write(bytes) }
    }
}
