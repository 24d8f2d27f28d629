import Foundation
import FundingCore
import FundingJSON

/// The mark price streams of Binance, which Aster copies: mark and index price, running rate and next payment of every
/// contract, each second. The interval is not told; a next payment off its grid shows that it has changed.
/// https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream-for-All-market
struct BinanceMarkPriceStream: ExchangeStream {
    /// How contracts are subscribed to.
    enum Channels: Sendable {
        /// One channel brings all. One of its messages need not be the full set: Binance sends what is traded like
        /// shares in messages of its own.
        case ofAllContracts(String)
        /// Each contract has its channel: the symbol in lower case and this ending.
        case ofEachContract(String)
    }

    let terms: StreamTerms
    let path: String
    let channels: Channels

    init(host: String, path: String, channels: Channels) {
        // Pings come as control frames; a connection is ended after 24 hours; 10 messages a second may be sent to it,
        // pongs among them.
        terms = StreamTerms(
            host: host, silence: .seconds(30), lifetime: .seconds(23 * 3600), messagesPerSecond: 5
        )
        self.path = path
        self.channels = channels
    }

    /// Documented are 1024 in newer and 200 in older pages, and 200 by Aster.
    private static let channelsPerConnection = 200
    /// Ten messages of a channel that is pushed each second.
    private static let rhythm = Duration.seconds(10)

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        guard !contracts.all.isEmpty else { return [] }
        switch channels {
        case .ofAllContracts(let channel):
            return [connection("mark-price", [channel], contracts: contracts.all.count)]
        case .ofEachContract(let ending):
            let names = contracts.symbols.map { $0.lowercased() + ending }
            return stride(from: 0, to: names.count, by: Self.channelsPerConnection).enumerated().map { number, start in
                let part = Array(names[start..<min(start + Self.channelsPerConnection, names.count)])
                return connection("mark-price.\(number + 1)", part, contracts: part.count)
            }
        }
    }

    private func connection(_ key: String, _ channels: [String], contracts: Int) -> StreamConnection {
        StreamConnection(
            key, path: path, subscriptions: [Self.subscription(to: channels)], contracts: contracts,
            rhythms: Dictionary(channels.map { ($0, Self.rhythm) }) { $1 }
        )
    }

    private static func subscription(to channels: [String]) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("method", "SUBSCRIBE")
        json.key("params")
        json.beginArray()
        for channel in channels { json.value(channel) }
        json.endArray()
        json.field("id", 1)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: - Messages

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        if let error = message["error"] ?? (message["code"] == nil ? nil : message) { return .refused(error.excerpt) }
        if message["id"] != nil, let result = message["result"] {
            return result.isNull ? .subscribed : .refused(message.excerpt)
        }
        let data = message["data"] ?? message
        if data.kind != .array {
            guard let event = data["e"]?.string else { throw Rejection("neither news nor an answer: \(data.excerpt)") }
            guard event == Self.event else { return .ignored }
        }
        var parsed = Parsed<RateUpdate>()
        parsed.read(data.kind == .array ? Array(data.elements) : [data], symbol: { $0["s"]?.string }) { row in
            try update(row, contracts)
        }
        return .news(
            StreamNews(
                parsed.rows, rejects: parsed.rejects, channels: message["stream"]?.string.map { [$0] } ?? [],
                outdatesListings: parsed.listingsAreOutdated
            )
        )
    }

    private static let event = "markPriceUpdate"

    private func update(_ row: JSONView, _ contracts: StreamedContracts) throws -> RateUpdate {
        guard row["e"]?.isString(Self.event) == true else { throw Rejection("no mark price update: \(row.excerpt)") }
        let symbol = try row.text("s")
        // Dated, settling or not listed yet: contracts are told by the polls.
        guard let known = contracts[symbol] else { throw Exclusion.unlisted }
        let next = try row.milliseconds("T")
        if let next { try known.interval.confirm(by: next) }
        return RateUpdate(
            symbol,
            // Empty or 0 where no payment comes (T is 0): that is no rate.
            fundingRate: next == nil ? nil : try row.number("r"), nextFundingTime: next,
            markPrice: try row.price("p"), indexPrice: try row.nonZero("i"), exchangeTime: try row.milliseconds("E")
        )
    }
}
