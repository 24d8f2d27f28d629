import Foundation
import FundingCore
import FundingJSON

/// ApeX's `instrumentInfo` of everything at once: a whole list every two seconds, bets on outcomes included. The topic is
/// the exchange's own, but its documentation describes only that of one contract; the list's short names were read off the
/// wire (`s` symbol, `fr` rate, `mp` mark, `xp` index, `o` open interest in coins). Rows with the documented names are read
/// as well, whatever looks otherwise is ignored, and polls stand in.
///
/// https://api-docs.omni.apex.exchange, "Websocket"
struct ApeXStream: ExchangeStream {
    let terms = StreamTerms(
        // The server's own pings must be answered: it ends what has not done so for 150 s. Ours carry a time, which only
        // comes back in the answer.
        host: "wss://quote.omni.apex.exchange",
        heartbeat: .text(#"{"op":"ping","args":["1789338600000"]}"#, every: .seconds(15)), silence: .seconds(60),
        messagesPerSecond: 5
    )

    private static let everything = "instrumentInfo.all"
    private static let oneContract = "instrumentInfo.H."
    /// The address wants a time too. That an old one does is not confirmed; a new one would make every connection another.
    private static let path = "/realtime_public?v=2&timestamp=1789338600000"

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        guard !contracts.all.isEmpty else { return [] }
        return [
            StreamConnection(
                "tickers", path: Self.path, subscriptions: [#"{"op":"subscribe","args":["\#(Self.everything)"]}"#],
                contracts: contracts.all.count, rhythms: [Self.everything: .seconds(12)]
            )
        ]
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        guard message.kind == .object else { throw Rejection("expected an object, found \(message.excerpt)") }
        if let topic = message["topic"]?.string { return news(in: message, of: topic, contracts) }
        switch message["op"]?.string {
        case "ping":
            guard let args = message["args"], args.kind == .array else { throw Rejection("a ping without args") }
            return .question(answer: #"{"op":"pong","args":\#(args.rawText)}"#)
        case "pong": return .alive
        default: break
        }
        switch message["success"]?.bool {
        // An answer to our own ping is a success too.
        case true?: return message["ret_msg"]?.isString("pong") == true ? .alive : .subscribed
        case false?: return .refused(message["ret_msg"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? message.excerpt)
        case nil: return .ignored
        }
    }

    private func news(in message: JSONView, of topic: String, _ contracts: StreamedContracts) -> StreamMessage {
        guard topic == Self.everything || topic.hasPrefix(Self.oneContract), let data = message["data"],
            [.object, .array].contains(data.kind)
        else { return .ignored }
        // Microseconds.
        let time = message["ts"]?.decimal.map { Date(timeIntervalSince1970: $0 / 1_000_000) }
        // Changes need not repeat whose they are: the topic of one contract says it.
        let named = topic == Self.everything ? nil : String(topic.dropFirst(Self.oneContract.count))
        var news = StreamNews(channels: [topic])
        for row in data.kind == .array ? Array(data.elements) : [data] {
            let names = row["s"] == nil ? Names.documented : .short
            guard let contract = (row[names.symbol]?.string ?? named).flatMap({ contracts[$0] }) else { continue }
            do {
                news.updates.append(try update(of: contract, row, names, at: time))
            } catch {
                let reason = (error as? Rejection)?.reason ?? "\(error)"
                news.rejects.append(Reject(symbol: contract.contract.symbol, reason: reason))
            }
        }
        return .news(news)
    }

    private func update(of snapshot: FundingSnapshot, _ row: JSONView, _ names: Names, at time: Date?) throws
        -> RateUpdate
    {
        let mark = try row.price(names.mark)
        let coins = try row.number(names.openInterest)
        let price = mark ?? snapshot.markPrice
        return RateUpdate(
            snapshot.contract.symbol, fundingRate: try row.number(names.rate),
            nextFundingTime: try ApeX.nextFundingTime(in: row), markPrice: mark,
            indexPrice: try row.nonZero(names.index),
            openInterest: .base(coins, at: price), exchangeTime: time
        )
    }
}

/// What a row calls its fields.
private struct Names {
    var symbol, rate, mark, index, openInterest: String

    static let documented = Names(
        symbol: "symbol", rate: "fundingRate", mark: "markPrice", index: "indexPrice", openInterest: "openInterest"
    )
    static let short = Names(symbol: "s", rate: "fr", mark: "mp", index: "xp", openInterest: "o")
}
