import Foundation
import FundingCore
import FundingJSON

/// Three topics for each market; there is no subscription to all of them.
struct HibachiStream: ExchangeStream {
    // hibachi-xyz/hibachi_sdk; heartbeat, limits, rhythm and lifetime are not documented.
    let terms = StreamTerms(
        host: "wss://data-api.hibachi.xyz",
        // As the SDK keeps its market socket alive; a text for that exists on the account's socket only.
        heartbeat: .pingFrame(every: .seconds(20)), silence: .seconds(60), messagesPerSecond: 2,
        connectionsPerMinute: 10
    )

    private enum Topic: String, CaseIterable {
        case rate = "funding_rate_estimation"
        case mark = "mark_price"
        case spot = "spot_price"
    }

    private enum Limit {
        static let contractsOfConnection = 150
        static let contractsOfMessage = 50
    }

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        contracts.symbols.chunks(of: Limit.contractsOfConnection).enumerated().map { number, symbols in
            StreamConnection(
                "market.\(number + 1)", path: "/ws/market?hibachiClient=FundingSuite",
                subscriptions: symbols.chunks(of: Limit.contractsOfMessage).map(subscription), contracts: symbols.count
            )
        }
    }

    /// `{"method":"subscribe","parameters":{"subscriptions":[{"symbol":"BTC/USDT-P","topic":"mark_price"},…]}}`
    private func subscription(to symbols: [String]) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("method", "subscribe")
        json.key("parameters")
        json.beginObject()
        json.key("subscriptions")
        json.beginArray()
        for symbol in symbols {
            for topic in Topic.allCases {
                json.beginObject()
                json.field("symbol", symbol)
                json.field("topic", topic.rawValue)
                json.endObject()
            }
        }
        json.endArray()
        json.endObject()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        guard message.kind == .object else { throw Rejection("expected an object, found \(message.excerpt)") }
        guard let name = message["topic"]?.string else {
            let faults = ["error", "errorCode"].compactMap { message[$0] }.filter { !$0.isNull }
            if !faults.isEmpty { return .refused(message.excerpt) }
            // What answers a subscription is not documented.
            return .ignored
        }
        guard let topic = Topic(rawValue: name) else { return .ignored }
        let symbol = try message.text("symbol")
        guard contracts[symbol] != nil else { return .ignored }
        guard let data = message["data"] else { throw Rejection("\(symbol): \(name) without data") }
        return .news(StreamNews([try update(symbol, topic, data)]))
    }

    private func update(_ symbol: String, _ topic: Topic, _ data: JSONView) throws -> RateUpdate {
        switch topic {
        case .rate:
            guard let estimation = data["fundingRateEstimation"] else {
                throw Rejection("\(symbol): expected fundingRateEstimation, found \(data.excerpt)")
            }
            return RateUpdate(
                symbol, fundingRate: try estimation.requiredNumber("estimatedFundingRate"),
                nextFundingTime: try estimation.epochSeconds("nextFundingTimestamp")
            )
        case .mark: return RateUpdate(symbol, markPrice: try data.price("markPrice"))
        case .spot: return RateUpdate(symbol, indexPrice: try data.nonZero("spotPrice"))
        }
    }
}

extension [String] {
    fileprivate func chunks(of size: Int) -> [[String]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
