import FundingCore
import FundingJSON

/// Backpack's pushes: two channels a contract, there is none for all at once.
///
/// https://docs.backpack.exchange/#tag/Streams
struct BackpackStream: ExchangeStream {
    /// The server pings once a minute and waits two for the pong; that is answered without being asked for.
    let terms = StreamTerms(host: "wss://ws.backpack.exchange", silence: .seconds(90), messagesPerSecond: 5)

    /// Limits are not documented; these are small enough for any that are usual.
    private enum Limit {
        static let contractsPerConnection = 200
        static let contractsPerMessage = 50
    }

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        contracts.symbols.parts(of: Limit.contractsPerConnection).enumerated().map { place, symbols in
            StreamConnection(
                "\(place + 1)", path: "/",
                subscriptions: symbols.parts(of: Limit.contractsPerMessage).map(subscription), contracts: symbols.count,
                // Open interest comes once a minute. How often the mark price does is not documented.
                rhythms: Dictionary(uniqueKeysWithValues: symbols.map { ("openInterest.\($0)", .seconds(240)) })
            )
        }
    }

    private func subscription(_ symbols: [String]) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.field("method", "SUBSCRIBE")
        json.field("params", symbols.flatMap { ["markPrice.\($0)", "openInterest.\($0)"] })
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        // How a subscription is answered is not documented: neither is needed to go on.
        if let error = message["error"], !error.isNull { return .refused(error.excerpt) }
        if message["id"] != nil || message["result"] != nil { return .subscribed }
        let channel = try message.text("stream")
        guard let data = message["data"] else { throw Rejection("data is missing in \(message.excerpt)") }
        guard let contract = contracts[try data.text("s")] else { return .ignored }
        let update: RateUpdate
        switch try data.text("e") {
        case "markPrice": update = try prices(data, contract.contract.symbol)
        case "openInterest": update = try openInterest(data, contract)
        default: return .ignored
        }
        return .news(StreamNews([update], channels: [channel]))
    }

    private func prices(_ data: JSONView, _ symbol: String) throws -> RateUpdate {
        RateUpdate(
            symbol, fundingRate: try data.number("f"), nextFundingTime: try data.backpackTime("n"),
            markPrice: try data.price("p"), indexPrice: try data.nonZero("i"), exchangeTime: try data.backpackTime("E")
        )
    }

    /// In units of the base asset, valued at the mark price of the last poll.
    private func openInterest(_ data: JSONView, _ contract: FundingSnapshot) throws -> RateUpdate {
        let units = try data.number("o")
        return RateUpdate(
            contract.contract.symbol,
            openInterest: .base(units, at: contract.markPrice),
            exchangeTime: try data.backpackTime("E")
        )
    }
}
