import FundingCore
import FundingStore
import WebServer

/// One exchange, or all of them.
struct AnyExchange: Sendable {
    var known: KnownExchange?
}

extension Parameter where Value == AnyExchange {
    /// An exchange by id or name, `*` for all; Binance if not said, or all where Binance is not read.
    static var orAll: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "exchange", schema: .text, fallback: "\"Binance\"",
                summary: "The exchange, by id or name; `*` for all.")
        ) { arguments, declaration in
            guard let text = arguments.text(declaration) else {
                return AnyExchange(known: arguments.shown.exchange(named: "binance"))
            }
            guard text != "*" else { return AnyExchange() }
            if let match = arguments.shown.exchange(named: text) { return AnyExchange(known: match) }
            arguments.report("value_error", declaration, arguments.shown.expectedExchange, text)
            return AnyExchange()
        }
    }
}

extension TableReads {
    /// - Throws: 404 if there is none.
    func contracts(symbol: String, exchange: ExchangeID?) async throws -> [ContractKey] {
        let found = try await settlements.contracts(symbol: symbol, exchange: exchange)
        guard !found.isEmpty else {
            let place = exchange.map { " on \($0.rawValue)" } ?? ""
            throw WebError.notFound("There is no contract \(symbol.prefix(60))\(place)")
        }
        return found
    }
}
