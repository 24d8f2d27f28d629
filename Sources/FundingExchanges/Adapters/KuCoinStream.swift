import Foundation
import FundingCore
import FundingJSON

/// KuCoin's classic futures stream: a ticket says where to connect, and each contract pushes its prices every second and
/// its rate every minute.
///
/// https://www.kucoin.com/docs-new/websocket-api/base-info/introduction,
/// https://www.kucoin.com/docs-new/3470087w0 (instrument)
struct KuCoinStream: ExchangeStream {
    let terms = StreamTerms(
        host: "wss://ws-api-futures.kucoin.com", heartbeat: heartbeat(every: .seconds(18)), awaitsGreeting: true,
        silence: .seconds(30),
        // A ticket's token is valid for 24 hours.
        lifetime: .seconds(23 * 3600),
        // 100 messages in ten seconds are allowed; reconnecting at once is not welcome.
        messagesPerSecond: 5, connectionsPerMinute: 12
    )

    private static func heartbeat(every period: Duration) -> StreamTerms.Heartbeat {
        .text(#"{"id":"1","type":"ping"}"#, every: period)
    }

    // MARK: - The ticket

    // https://www.kucoin.com/docs-new/websocket-api/base-info/get-public-token-futures
    let ticket: ExchangeRequest? = .post("/api/v1/bullet-public", "", as: "ticket", weight: 10)

    func address(in ticket: Answer) throws -> StreamAddress {
        guard let data = ticket.root["data"], let server = data["instanceServers"]?[0] else {
            throw Rejection("no server in \(ticket.root.excerpt)")
        }
        let endpoint = try server.text("endpoint")
        guard endpoint.hasPrefix("wss://") || endpoint.hasPrefix("ws://") else {
            throw Rejection("endpoint: expected a WebSocket's address, found \(endpoint)")
        }
        let token = try data.text("token").percentEncoded
        // Any name of our own will do.
        let name = Int(ticket.receivedAt.timeIntervalSince1970 * 1000)
        let period = try server.nonZero("pingInterval")
        return StreamAddress(
            "\(endpoint)\(endpoint.contains("?") ? "&" : "?")token=\(token)&connectId=\(name)",
            heartbeat: period.map { Self.heartbeat(every: .milliseconds(Int(min(max($0, 1000), 60_000)))) }
        )
    }

    // MARK: - Subscriptions

    /// Of one request. How many a connection may have was 100, 300 and 400 on different pages.
    private static let symbolsOfConnection = 100

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        stride(from: 0, to: contracts.symbols.count, by: Self.symbolsOfConnection).enumerated().map { place, start in
            let symbols = contracts.symbols[start...].prefix(Self.symbolsOfConnection)
            let topic = Self.topic + symbols.joined(separator: ",")
            return StreamConnection(
                "instruments.\(place + 1)", path: "",
                subscriptions: [#"{"id":"2","type":"subscribe","topic":"\#(topic)","response":true}"#],
                contracts: symbols.count, rhythms: ["mark.index.price": .seconds(10), "funding.rate": .seconds(240)]
            )
        }
    }

    private static let topic = "/contract/instrument:"

    // MARK: - Messages

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        switch message["type"]?.string {
        case "welcome": return .greeting
        case "pong": return .alive
        case "ack": return .subscribed
        case "error": return .refused("\(message["code"]?.excerpt ?? "") \(message["data"]?.string ?? message.excerpt)")
        // The documentation's example of an announcement has no type.
        case "message", nil: return try news(in: message, contracts)
        default: throw Rejection("a message of unknown type: \(message.excerpt)")
        }
    }

    private func news(in message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        let topic = try message.text("topic")
        // Settlements and listings, to which we do not subscribe.
        guard topic.hasPrefix(Self.topic) else { return .ignored }
        let subject = try message.text("subject")
        guard let data = message["data"], data.kind == .object else { throw Rejection("no data: \(message.excerpt)") }
        let symbol = String(topic.dropFirst(Self.topic.count))
        guard contracts[symbol] != nil else { return .ignored }
        let read: (JSONView) throws -> RateUpdate?
        switch subject {
        case "mark.index.price": read = { try prices(of: symbol, in: $0) }
        case "funding.rate": read = { try rate(of: symbol, in: $0) }
        default: return .ignored
        }
        do {
            return .news(StreamNews(try read(data).map { [$0] } ?? [], channels: [subject]))
        } catch let rejection as Rejection {
            let reject = Reject(symbol: symbol, reason: rejection.reason)
            return .news(StreamNews(rejects: [reject], channels: [subject]))
        }
    }

    private func prices(of symbol: String, in data: JSONView) throws -> RateUpdate {
        RateUpdate(
            symbol, markPrice: try data.price("markPrice"), indexPrice: try data.nonZero("indexPrice"),
            exchangeTime: try time(in: data)
        )
    }

    /// One name for different rates. The one of a minute (granularity 60000) with period 1 is *charged within this cycle*:
    /// the moving estimate that the poll calls `fundingFeeRate`; the newer stream's `funding-fee` shows the same number at
    /// the same second. With period 0, as it was until 2025, or none, as in 2024, the minute's rate predicts the cycle
    /// after, and the one whose granularity is the interval is a rate that was fixed when the cycle began: neither is ours.
    private func rate(of symbol: String, in data: JSONView) throws -> RateUpdate? {
        let granularity = try data.requiredNumber("granularity")
        let rate = try data.requiredNumber("fundingRate")
        guard granularity == 60_000, try data.number("period") == 1 else { return nil }
        return RateUpdate(symbol, fundingRate: rate, exchangeTime: try time(in: data))
    }

    /// Milliseconds; KuCoin writes some times in nanoseconds, which are a million times as large.
    private func time(in data: JSONView) throws -> Date? {
        guard let stamp = try data.nonZero("timestamp"), stamp >= 1e17 else {
            return try data.milliseconds("timestamp")
        }
        return Date(timeIntervalSince1970: (stamp / 1e6).rounded(.down) / 1000)
    }
}
