import FundingJSON

/// The channel `v4_markets`: all markets once, then prices every second and the rest every ten, what has changed only.
extension SimulatedDYdX: StreamingExchange {
    private static let channel = "v4_markets"
    private static let isBatched = "batched"
    private static let connection = "004a1efa-21bb-4b19-a2e9-a8ffadd6dc53"
    /// Subscriptions within a second that are let pass.
    private static let subscriptionsPerSecond = 2

    var pushPeriod: Int { 1000 }

    /// A ping every 30 s, and 10 s for the answer.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: 30_000, maximumSilence: 40_000) }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/v4/ws" else { return nil }
        let session = StreamSession(path: request.path, query: request.query)
        return StreamOpening(session: session, greeting: [Self.message("connected", session) { _ in }])
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard let type = message["type"]?.string else {
            return [Self.error("Invalid message: type is required", session)]
        }
        guard type != "ping" else { return [] }
        guard ["subscribe", "unsubscribe"].contains(type) else {
            return [Self.error("Invalid message type: \(type)", session)]
        }
        guard let channel = message["channel"]?.string else {
            return [Self.error("Invalid subscribe message: channel is required", session)]
        }
        guard channel == Self.channel else { return [Self.error("Invalid channel: \(channel)", session)] }
        session.count += 1
        if type == "unsubscribe" {
            session.unsubscribe([Self.channel])
            session.memory = [:]
            return [Self.message("unsubscribed", session) { $0.field("channel", Self.channel) }]
        }
        return subscribe(isBatched: message["batched"]?.bool == true, &session, scene)
    }

    private func subscribe(isBatched: Bool, _ session: inout StreamSession, _ scene: Scene) -> [[UInt8]] {
        // The limit's own count: the second and how many came in it.
        let second = "subscriptions@\(scene.now / 1000)"
        let earlier = session.memory[second].flatMap { Int($0) } ?? 0
        session.memory[second] = "\(earlier + 1)"
        guard earlier < Self.subscriptionsPerSecond else {
            let text = "Too many subscribe attempts for channel v4_markets-v4_markets. Please  reconnect and try again."
            return [Self.error(text, session)]
        }
        guard !session.topics.contains(Self.channel) else {
            return [Self.error("Invalid subscribe message: already subscribed (v4_markets-v4_markets)", session)]
        }
        session.subscribe([Self.channel])
        if isBatched { session.memory[Self.isBatched] = "true" }
        for contract in scene.contracts { _ = changes(of: DYdXMarket(contract, scene), &session, isFull: true) }
        let subscribed = Self.message("subscribed", session) { json in
            json.field("channel", Self.channel)
            json.key("contents")
            Self.write(scene.contracts, scene, to: &json)
        }
        return [subscribed]
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard session.topics.contains(Self.channel) else { return [] }
        let isFull = scene.now / 1000 % 10 == 0
        var trading: [(String, [(StaticString, String)])] = []
        var prices: [(String, String, Int)] = []
        for contract in scene.contracts {
            let changed = changes(of: DYdXMarket(contract, scene), &session, isFull: isFull)
            if let price = changed.price { prices.append((contract.symbol, price, contract.id)) }
            if !changed.fields.isEmpty {
                trading.append((contract.symbol, [("id", "\(contract.id)")] + changed.fields))
            }
        }
        var contents: [[UInt8]] = []
        if !trading.isEmpty { contents.append(Self.trading(trading)) }
        if !prices.isEmpty { contents.append(Self.oraclePrices(prices, at: scene.now)) }
        guard !contents.isEmpty else { return [] }
        guard session.memory[Self.isBatched] == nil else { return [Self.data(contents, isBatched: true, &session)] }
        return contents.map { Self.data([$0], isBatched: false, &session) }
    }

    // MARK: - What has changed

    private struct Changes {
        var price: String?
        var fields: [(StaticString, String)] = []
    }

    private func changes(of market: DYdXMarket, _ session: inout StreamSession, isFull: Bool) -> Changes {
        func isNew(_ value: String, _ field: String) -> Bool {
            session.memory.updateValue(value, forKey: "\(market.contract.symbol) \(field)") != value
        }
        var changes = Changes()
        let price = market.oraclePrice
        if isNew(price, "price") { changes.price = price }
        guard isFull else { return changes }
        let fields: [(StaticString, String)] = [
            ("status", market.status), ("nextFundingRate", market.nextFundingRate),
            ("openInterest", market.openInterest),
        ]
        changes.fields = fields.filter { isNew($0.1, "\($0.0)") }
        return changes
    }

    // MARK: - Messages

    private static func trading(_ markets: [(String, [(StaticString, String)])]) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 100 * markets.count)
        json.beginObject()
        json.key("trading")
        json.beginObject()
        for (ticker, fields) in markets {
            json.key(ticker)
            json.beginObject()
            for (name, value) in fields { json.field(name, value) }
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private static func oraclePrices(_ prices: [(String, String, Int)], at now: Int) -> [UInt8] {
        let time = InstantText.milliseconds(now)
        var json = JSONWriter(reservingCapacity: 130 * prices.count)
        json.beginObject()
        json.key("oraclePrices")
        json.beginObject()
        for (ticker, price, id) in prices {
            json.key(ticker)
            json.beginObject()
            json.field("oraclePrice", price)
            json.field("effectiveAt", time)
            json.field("effectiveAtHeight", "\((now - 1_698_300_000_000) / 640)")
            // The oracle counts its markets by itself.
            json.field("marketId", id + 1000)
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private static func data(_ contents: [[UInt8]], isBatched: Bool, _ session: inout StreamSession) -> [UInt8] {
        session.count += 1
        return message(isBatched ? "channel_batch_data" : "channel_data", session) { json in
            json.field("channel", channel)
            json.field("version", "1.0.0")
            json.key("contents")
            if isBatched { json.beginArray() }
            for part in contents { json.raw(part) }
            if isBatched { json.endArray() }
        }
    }

    private static func error(_ text: String, _ session: StreamSession) -> [UInt8] {
        message("error", session) { $0.field("message", text) }
    }

    private static func message(_ type: String, _ session: StreamSession, _ write: (inout JSONWriter) -> Void)
        -> [UInt8]
    {
        var json = JSONWriter()
        json.beginObject()
        json.field("type", type)
        json.field("connection_id", connection)
        json.field("message_id", session.count)
        write(&json)
        json.endObject()
        return json.bytes
    }
}
