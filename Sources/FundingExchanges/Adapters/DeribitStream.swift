import Foundation
import FundingCore
import FundingJSON

/// Deribit's tickers, one channel a contract, as JSON-RPC. The server asks whether we live (`test_request`) and closes
/// the connection of who does not answer.
///
/// https://docs.deribit.com/#ticker-instrument_name-interval
struct DeribitStream: ExchangeStream {
    // 32 connections an address; callers without a login should stay below 5 requests a second.
    let terms = StreamTerms(host: "wss://www.deribit.com", silence: .seconds(60), messagesPerSecond: 2)

    /// How the adapter reads a ticker.
    let adapter: Deribit

    // MARK: - Connections

    private static let channelsPerConnection = 500
    private static let channelsPerMessage = 100
    /// More often is every 100 ms (`raw` needs a login); these gather what happened meanwhile.
    private static let pace = "agg2"

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        let channels = contracts.symbols.map { "ticker.\($0).\(Self.pace)" }
        return stride(from: 0, to: channels.count, by: Self.channelsPerConnection).enumerated().map { place, start in
            let own = channels[start..<min(start + Self.channelsPerConnection, channels.count)]
            let messages = stride(from: own.startIndex, to: own.endIndex, by: Self.channelsPerMessage).enumerated()
            return StreamConnection(
                "\(place + 1)", path: "/ws/api/v2",
                subscriptions: [Self.heartbeat]
                    + messages.map { number, start in
                        Self.subscription(own[start..<min(start + Self.channelsPerMessage, own.endIndex)], number + 1)
                    }, contracts: own.count
            )
        }
    }

    // https://docs.deribit.com/#public-set_heartbeat
    private static let heartbeat = call(1, "public/set_heartbeat", #"{"interval":30}"#)

    // https://docs.deribit.com/#public-subscribe
    private static func subscription(_ channels: ArraySlice<String>, _ number: Int) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.key("channels")
        json.beginArray()
        for channel in channels { json.value(channel) }
        json.endArray()
        json.endObject()
        return call(
            number * idsPerMessage + channels.count, "public/subscribe", String(decoding: json.bytes, as: UTF8.self)
        )
    }

    /// A subscription's id ends in the number of its channels: the answer has the same id and lists those accepted.
    private static let idsPerMessage = 1000

    private static func call(_ id: Int, _ method: String, _ parameters: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"#
    }

    // MARK: - Messages

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        if let error = message["error"] { return .refused(error.excerpt) }
        if let result = message["result"] {
            guard result.kind == .array else { return .alive }
            let asked = (message["id"]?.int ?? 0) % Self.idsPerMessage
            return result.count < asked ? .refused("\(result.count) of \(asked) channels accepted") : .subscribed
        }
        switch try message.text("method") {
        case "heartbeat":
            let asks = message["params"]?["type"]?.isString("test_request") == true
            return asks ? .question(answer: Self.call(2, "public/test", "{}")) : .alive
        case "subscription": return try news(message, contracts)
        default: return .ignored
        }
    }

    private func news(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        guard let parameters = message["params"], let data = parameters["data"] else {
            throw Rejection("no data in \(message.excerpt)")
        }
        guard try parameters.text("channel").hasPrefix("ticker.") else { return .ignored }
        let symbol = try data.text("instrument_name")
        guard let contract = contracts[symbol]?.contract else { return .ignored }
        var parsed = Parsed<RateUpdate>()
        parsed.add(symbol: symbol) {
            let mark = try data.price("mark_price")
            return RateUpdate(
                symbol,
                // The average over eight hours, as the poll's summaries have it; `current_funding` is momentary.
                fundingRate: try data.requiredNumber("funding_8h"), markPrice: mark,
                indexPrice: try data.nonZero("index_price"),
                openInterest: adapter.openInterest(try data.number("open_interest"), mark, contract),
                exchangeTime: try data.milliseconds("timestamp")
            )
        }
        return .news(StreamNews(parsed.rows, rejects: parsed.rejects))
    }
}
