import Foundation
import FundingCore
import FundingJSON

/// Bybit's tickers, one topic a contract: first a snapshot, then deltas that carry only what changed. Linear and inverse
/// contracts have addresses of their own.
///
/// https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
struct BybitStream: ExchangeStream {
    // https://bybit-exchange.github.io/docs/v5/ws/connect: a ping every 20 s, 500 connections in 5 minutes.
    let terms = StreamTerms(
        host: "wss://stream.bybit.com", heartbeat: .text(#"{"op":"ping"}"#, every: .seconds(20)),
        silence: .seconds(30), messagesPerSecond: 10, connectionsPerMinute: 60
    )

    /// How the adapter reads a ticker.
    let adapter: Bybit

    // MARK: - Connections

    private static let topicsPerConnection = 500
    /// All arguments of a connection may have 21 000 characters together.
    private static let charactersPerConnection = 20_000
    /// One bad symbol may fail the message it stands in, but not the others.
    private static let topicsPerMessage = 50

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        [("linear", ContractType.linear), ("inverse", .inverse)].flatMap { category, type in
            let topics = contracts.all.filter { $0.contract.contractType == type }.map {
                Self.topic + $0.contract.symbol
            }
            return Self.loads(of: topics).enumerated().map { place, topics in
                StreamConnection(
                    "\(category).\(place + 1)", path: "/v5/public/\(category)",
                    subscriptions: stride(from: 0, to: topics.count, by: Self.topicsPerMessage).map {
                        Self.subscription(topics[$0..<min($0 + Self.topicsPerMessage, topics.count)])
                    }, contracts: topics.count
                )
            }
        }
    }

    /// The topics of each connection.
    private static func loads(of topics: [String]) -> [[String]] {
        var loads: [[String]] = []
        var characters = 0
        for topic in topics {
            // With its quotes and its comma.
            let length = topic.utf8.count + 3
            if let last = loads.last, last.count < topicsPerConnection, characters + length <= charactersPerConnection {
                loads[loads.count - 1].append(topic)
                characters += length
            } else {
                loads.append([topic])
                characters = length
            }
        }
        return loads
    }

    private static func subscription(_ topics: ArraySlice<String>) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("op", "subscribe")
        json.key("args")
        json.beginArray()
        for topic in topics { json.value(topic) }
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: - Messages

    private static let topic = "tickers."

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        if let operation = message["op"]?.string {
            guard message["success"]?.bool != false else {
                return .refused(message["ret_msg"]?.string ?? message.excerpt)
            }
            return operation == "subscribe" ? .subscribed : .alive
        }
        let topic = try message.text("topic")
        guard topic.hasPrefix(Self.topic) else { return .ignored }
        let symbol = String(topic.dropFirst(Self.topic.count))
        guard let snapshot = contracts[symbol] else { return .ignored }
        guard let data = message["data"], data.kind == .object else { throw Rejection("no data in \(message.excerpt)") }
        var parsed = Parsed<RateUpdate>()
        parsed.add(symbol: symbol) {
            guard data["symbol"]?.isString(symbol) == true else { throw Rejection("data of another symbol") }
            return try update(of: snapshot.contract, data, at: message.milliseconds("ts"))
        }
        return .news(StreamNews(parsed.rows, rejects: parsed.rejects))
    }

    /// A snapshot holds all fields and a delta some; what is absent has not changed.
    private func update(of contract: Contract, _ data: JSONView, at time: Date?) throws -> RateUpdate {
        let hasInterval = try data.number("fundingIntervalHour") != nil
        return RateUpdate(
            contract.symbol, fundingRate: try data.number("fundingRate"),
            interval: hasInterval ? try data.intervalHours("fundingIntervalHour") : nil,
            nextFundingTime: try data.milliseconds("nextFundingTime"), markPrice: try data.price("markPrice"),
            indexPrice: try data.nonZero("indexPrice"),
            // Not from quantity and price, of which a delta may hold one without the other.
            openInterest: try adapter.statedOpenInterest(of: data, contract.contractType), exchangeTime: time
        )
    }
}
