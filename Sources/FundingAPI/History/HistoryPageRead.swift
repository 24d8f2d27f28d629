import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// One page of history, and whether there is more.
struct HistoryPageRead: Sendable {
    /// Newest first.
    var rows: [Settlement]
    /// Nil on the last page.
    var next: SettlementReader.Cursor?
    private let contracts: [Int: ContractKey]

    init(
        _ reader: SettlementReader, _ contracts: [ContractKey], _ window: ClosedRange<Date>,
        _ cursor: SettlementReader.Cursor?, _ limit: Int
    ) async throws {
        // One more than wanted tells whether there is more.
        rows = try await reader.page(of: contracts.map(\.id), during: window, after: cursor, limit: limit + 1)
        if rows.count > limit {
            rows.removeLast()
            next = rows.last.map { .init(fundingTime: $0.fundingTime, contractID: $0.contractID) }
        }
        self.contracts = Dictionary(contracts.map { ($0.id, $0) }) { first, _ in first }
    }

    /// - Parameter row: one of the page's.
    func contract(of row: Settlement) -> ContractKey {
        guard let contract = contracts[row.contractID] else {
            preconditionFailure("A row of a contract not asked for.")
        }
        return contract
    }

    /// Writes how many rows there are and where to go on.
    func writeFrame(to writer: inout JSONWriter) {
        writer.field("data_points", rows.count)
        writer.field("truncated", next != nil)
        writer.field("next_cursor", next?.token)
    }
}

/// The exchanges' names as people write them.
struct ExchangeNames: Sendable {
    private let names: [ExchangeID: String]

    init(_ picture: MarketView.Picture) {
        names = Dictionary(picture.market.exchanges.map { ($0.id, $0.name) }) { first, _ in first }
    }

    /// The id for an exchange that was imported and has never been polled here.
    subscript(id: ExchangeID) -> String { names[id] ?? id.rawValue }
}

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

extension JSONWriter {
    /// Writes a list of objects as a member.
    mutating func list<Element>(
        _ key: StaticString, _ elements: some Sequence<Element>, _ write: (Element, inout JSONWriter) throws -> Void
    ) rethrows {
        self.key(key)
        beginArray()
        for element in elements {
            beginObject()
            try write(element, &self)
            endObject()
        }
        endArray()
    }
}
