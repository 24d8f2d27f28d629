import FundingCore
import FundingJSON

/// Kraken's pushes: one flat message a contract, half of its names in snake case, half in camel case.
///
/// https://docs.kraken.com/api/docs/futures-api/websocket/ticker
struct KrakenStream: ExchangeStream {
    /// A client must ping at least once a minute; it may send a hundred requests a second.
    let terms = StreamTerms(
        host: "wss://futures.kraken.com", heartbeat: .pingFrame(every: .seconds(30)), silence: .seconds(60),
        messagesPerSecond: 20
    )

    private enum Limit {
        static let contractsPerConnection = 400
        static let contractsPerMessage = 100
    }

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        contracts.symbols.parts(of: Limit.contractsPerConnection).enumerated().map { place, symbols in
            StreamConnection(
                "\(place + 1)", path: "/ws/v1",
                subscriptions: symbols.parts(of: Limit.contractsPerMessage).map(subscription), contracts: symbols.count
            )
        }
    }

    private func subscription(_ symbols: [String]) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("event", "subscribe")
        json.field("feed", "ticker")
        json.field("product_ids", symbols)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        if let event = message["event"]?.string {
            switch event {
            case "info": return .greeting
            case "subscribed": return .subscribed
            case "error", "alert": return .refused(message.excerpt)
            default: return .ignored
            }
        }
        switch try message.text("feed") {
        case "ticker": return try ticker(message, contracts)
        case "heartbeat": return .alive
        default: return .ignored
        }
    }

    private func ticker(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        guard let known = contracts[try message.text("product_id")] else { return .ignored }
        let type = known.contract.contractType
        let index = try message.nonZero("index")
        let mark = try message.nonZero("markPrice")
        let next = try message.milliseconds("next_funding_rate_time")
        return .news(
            StreamNews(
                [
                    RateUpdate(
                        known.contract.symbol, fundingRate: try rate(message, known, index, isFixed: next != nil),
                        nextFundingTime: next, markPrice: mark, indexPrice: index,
                        openInterest: try Kraken.openInterest(message.number("openInterest"), type, mark: mark),
                        exchangeTime: try message.milliseconds("time")
                    )
                ],
                channels: ["ticker"]
            )
        )
    }

    /// A fresh listing sends zeros, and no time that they are for: nothing is fixed yet.
    private func rate(_ message: JSONView, _ known: FundingSnapshot, _ index: Double?, isFixed: Bool) throws -> Double?
    {
        let relative = try message.number("relative_funding_rate")
        let absolute = try message.number("funding_rate")
        guard relative != nil || absolute != nil else { return nil }
        if !isFixed, (relative ?? 0) == 0, (absolute ?? 0) == 0 { return nil }
        return try KrakenRate(relative: relative, absolute: absolute, index: index, cap: known.rateCap)
            .fraction(of: known.contract.contractType)
    }
}
