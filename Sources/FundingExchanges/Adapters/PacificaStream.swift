import Foundation
import FundingCore
import FundingJSON

/// One subscription brings the prices and rates of all markets, in rows as `/info/prices` has them.
struct PacificaStream: ExchangeStream {
    // https://docs.pacifica.fi/api-documentation/api/websocket
    let terms = StreamTerms(
        host: "wss://ws.pacifica.fi",
        // Closed after 60 s without a message of ours; control frames do not count as one.
        heartbeat: .text(#"{"method":"ping"}"#, every: .seconds(25)),
        // How often prices are pushed is not documented, so the channel has no rhythm of its own.
        silence: .seconds(60),
        // Closed after a day.
        lifetime: .seconds(23 * 3600),
        // 300 connections of one address at a time; how fast one may speak is not documented.
        messagesPerSecond: 5
    )

    private static let channel = "prices"

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        guard !contracts.all.isEmpty else { return [] }
        return [
            StreamConnection(
                Self.channel, path: "/ws",
                subscriptions: [#"{"method":"subscribe","params":{"source":"prices"}}"#],
                contracts: contracts.all.count
            )
        ]
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        switch message["channel"]?.string {
        case Self.channel: return .news(try news(message, contracts))
        case "pong": return .alive
        case "subscribe": return .subscribed
        // The shape of an error is not documented.
        case "error": return .refused(message.excerpt)
        case nil:
            if let error = message["error"], !error.isNull { return .refused(message.excerpt) }
            throw Rejection("no channel in \(message.excerpt)")
        default: return .ignored
        }
    }

    // https://docs.pacifica.fi/api-documentation/api/websocket/subscriptions/prices
    private func news(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamNews {
        var updates = Parsed<RateUpdate>()
        for row in try message.rows("data") {
            // Spot markets are in the list too.
            let symbol = row["symbol"]?.string
            if let symbol, contracts[symbol] == nil { continue }
            updates.add(symbol: symbol ?? row.excerpt) {
                guard let symbol, let known = contracts[symbol] else { throw Rejection("symbol is missing") }
                return try update(row, known.contract)
            }
        }
        return StreamNews(updates.rows, rejects: updates.rejects, channels: [Self.channel])
    }

    private func update(_ row: JSONView, _ contract: Contract) throws -> RateUpdate {
        let mark = try row.price("mark")
        return RateUpdate(
            contract.symbol, fundingRate: try row.number("funding"), markPrice: mark,
            indexPrice: try row.nonZero("oracle"),
            openInterest: contract.openInterest(try row.number("open_interest"), at: mark),
            exchangeTime: try row.milliseconds("timestamp")
        )
    }
}
