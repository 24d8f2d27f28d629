import Foundation
import FundingCore
import FundingJSON

/// edgeX's tickers of all contracts: whole rows once, then the fields that have changed. Version 2 keeps version 1's path.
/// The documentation names no fields; those read here are the tickers' of the same names in the REST interface, and what
/// looks otherwise is ignored.
///
/// https://edgex-1.gitbook.io/edgeX-documentation/api-v2/websocket-api/public-websocket
struct EdgeXStream: ExchangeStream {
    let terms = StreamTerms(
        // The server's own pings are to be answered; five that are not end the connection.
        host: "wss://edgex-quote-prod-v2.edgex.exchange", silence: .seconds(60), messagesPerSecond: 2
    )

    private static let channel = "ticker.all.1s"

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        guard !contracts.all.isEmpty else { return [] }
        let subscription = #"{"type":"subscribe","channel":"\#(Self.channel)"}"#
        return [
            StreamConnection(
                "tickers", path: "/api/v1/public/ws", subscriptions: [subscription], contracts: contracts.all.count
            )
        ]
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        switch try message.text("type") {
        case "ping":
            guard let time = message["time"]?.decimalText else { throw Rejection("a ping without a time") }
            return .question(answer: #"{"type":"pong","time":"\#(time)"}"#)
        case "connected": return .greeting
        case "pong": return .alive
        case "subscribed": return .subscribed
        case "error":
            let content = message["content"]
            let words = [content?["code"]?.string, content?["msg"]?.string].compactMap(\.self)
            return .refused(words.isEmpty ? message.excerpt : words.joined(separator: ": "))
        case "payload", "quote-event": return news(in: message, contracts)
        default: return .ignored
        }
    }

    private func news(in message: JSONView, _ contracts: StreamedContracts) -> StreamMessage {
        guard let channel = message["channel"]?.string, channel.hasPrefix("ticker."),
            let rows = message["content"]?["data"], rows.kind == .array
        else { return .ignored }
        var news = StreamNews(channels: [channel])
        for row in rows.elements {
            guard let id = row["contractId"]?.string, let contract = contracts.contract(nativeID: id) else { continue }
            do {
                news.updates.append(try update(of: contract, row))
            } catch {
                let reason = (error as? Rejection)?.reason ?? "\(error)"
                news.rejects.append(Reject(symbol: contract.contract.symbol, reason: reason))
            }
        }
        return .news(news)
    }

    /// In a ticker the rate is the running estimate; the paid rate goes by the same name elsewhere.
    private func update(of snapshot: FundingSnapshot, _ row: JSONView) throws -> RateUpdate {
        let mark = try row.price("markPrice")
        let coins = try row.number("openInterest")
        let price = mark ?? snapshot.markPrice
        return RateUpdate(
            snapshot.contract.symbol, fundingRate: try row.number("fundingRate"),
            nextFundingTime: try row.milliseconds("nextFundingTime"), markPrice: mark,
            indexPrice: try row.nonZero("indexPrice"),
            openInterest: .base(coins, at: price)
        )
    }
}
