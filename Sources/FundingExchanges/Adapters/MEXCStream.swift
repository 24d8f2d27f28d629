import Foundation
import FundingCore
import FundingJSON

/// MEXC's futures stream: one subscription for each contract and channel.
///
/// https://mexcdevelop.github.io/apidocs/contract_v1_en/#websocket-api
struct MEXCStream: ExchangeStream {
    let terms = StreamTerms(
        // The stream did not follow the REST host to its new name.
        host: "wss://contract.mexc.com", heartbeat: .text(#"{"method":"ping"}"#, every: .seconds(15)),
        // A client that has said nothing for a minute is cut, whatever it receives.
        silence: .seconds(60),
        // No limit is documented; twenty a second were all accepted.
        messagesPerSecond: 15
    )

    /// Two subscriptions each; 150 on a connection are known to work.
    private static let contractsOfConnection = 75

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        stride(from: 0, to: contracts.symbols.count, by: Self.contractsOfConnection).enumerated().map { place, start in
            let symbols = contracts.symbols[start...].prefix(Self.contractsOfConnection)
            return StreamConnection(
                "contracts.\(place + 1)", path: "/edge",
                // Rates first: prices are pushed as they move, rates now and then.
                subscriptions: ["sub.funding.rate", "sub.ticker"].flatMap { channel in
                    symbols.map { #"{"method":"\#(channel)","param":{"symbol":"\#($0)"},"gzip":false}"# }
                },
                contracts: symbols.count
            )
        }
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        let channel = try message.text("channel")
        switch channel {
        case "pong": return .alive
        case "push.funding.rate": return try news(in: message, channel, contracts, rate)
        case "push.ticker": return try news(in: message, channel, contracts, prices)
        case "rs.error": return .refused(message["data"]?.string ?? message.excerpt)
        // All tickers carry no rate; new contracts are found by the poll.
        case "push.tickers", "push.contract": return .ignored
        case _ where channel.hasPrefix("rs.sub."):
            guard message["data"]?.isString("success") != true else { return .subscribed }
            return .refused("\(channel): \(message["data"]?.excerpt ?? "nothing")")
        default: throw Rejection("a message of unknown channel: \(message.excerpt)")
        }
    }

    private func news(
        in message: JSONView, _ channel: String, _ contracts: StreamedContracts,
        _ update: (String, JSONView, Date?) throws -> RateUpdate
    ) throws -> StreamMessage {
        guard let data = message["data"], data.kind == .object else { throw Rejection("no data: \(message.excerpt)") }
        // The outer symbol may be another's, as in the documentation's own example.
        let symbol = try data.text("symbol")
        guard contracts[symbol] != nil else { return .ignored }
        do {
            let sentAt = try message.milliseconds("ts")
            return .news(StreamNews([try update(symbol, data, sentAt)], channels: [channel]))
        } catch let rejection as Rejection {
            let reject = Reject(symbol: symbol, reason: rejection.reason)
            return .news(StreamNews(rejects: [reject], channels: [channel]))
        }
    }

    private func rate(of symbol: String, in data: JSONView, _ sentAt: Date?) throws -> RateUpdate {
        RateUpdate(
            symbol, fundingRate: try data.requiredNumber("rate"),
            nextFundingTime: try data.milliseconds("nextSettleTime"), exchangeTime: sentAt
        )
    }

    /// The ticker's own `fundingRate` may differ from the rate's channel and is not read; open interest would need the
    /// contract's size.
    private func prices(of symbol: String, in data: JSONView, _ sentAt: Date?) throws -> RateUpdate {
        RateUpdate(
            symbol, markPrice: try data.price("fairPrice"), indexPrice: try data.nonZero("indexPrice"),
            exchangeTime: try data.milliseconds("timestamp") ?? sentAt
        )
    }
}
