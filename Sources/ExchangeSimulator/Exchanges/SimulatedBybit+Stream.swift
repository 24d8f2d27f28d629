import FundingJSON

/// Tickers by topic: first a snapshot, then deltas with the fields that changed.
extension SimulatedBybit: StreamingExchange {
    /// In truth every 100 ms.
    var pushPeriod: Int { 1000 }

    /// Idle connections are cut after ten minutes.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 600_000) }

    /// All arguments of a connection together.
    private static let maximumCharacters = 21_000

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path.wholeMatch(of: /\/v5\/public\/(?:linear|inverse)/) != nil else { return nil }
        return StreamOpening(session: StreamSession(path: request.path))
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let id = message["req_id"]?.string
        switch message["op"]?.string {
        case "ping": return [Self.reply("ping", id, success: true, "pong")]
        case "subscribe":
            let topics = message["args"]?.elements.compactMap(\.string) ?? []
            if let bad = topics.first(where: { contract(of: $0, session, scene) == nil }) {
                return [Self.reply("subscribe", id, success: false, "error:handler not found,topic:\(bad)")]
            }
            let characters = (session.topics + topics).reduce(0) { $0 + $1.utf8.count }
            guard !topics.isEmpty, characters <= Self.maximumCharacters else {
                return [Self.reply("subscribe", id, success: false, "error:args size, limit:\(Self.maximumCharacters)")]
            }
            if let twice = topics.first(where: session.topics.contains) {
                return [Self.reply("subscribe", id, success: false, "error:already subscribed,topic:\(twice)")]
            }
            session.subscribe(topics)
            return [Self.reply("subscribe", id, success: true, "")]
        case "unsubscribe":
            session.unsubscribe(message["args"]?.elements.compactMap(\.string) ?? [])
            return [Self.reply("unsubscribe", id, success: true, "")]
        default: return [Self.reply(message["op"]?.string ?? "", id, success: false, "error:unknown op")]
        }
    }

    private static func reply(_ operation: String, _ id: String?, success: Bool, _ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("success", success)
        json.field("ret_msg", text)
        json.field("conn_id", "cejreaspqfm9se7usbrg-2xh")
        if let id { json.field("req_id", id) }
        json.field("op", operation)
        json.endObject()
        return json.bytes
    }

    /// `tickers.BTCUSDT` of the connection's category; nil for what is not played.
    private func contract(of topic: String, _ session: StreamSession, _ scene: Scene) -> SimulatedContract? {
        guard topic.hasPrefix("tickers."), let contract = scene.contract(String(topic.dropFirst("tickers.".count))),
            contract.isInverse == session.path.hasSuffix("inverse"), contract.isTrading(at: scene.now)
        else { return nil }
        return contract
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let contracts = Dictionary(scene.contracts.map { ("tickers." + $0.symbol, $0) }) { first, _ in first }
        var messages: [[UInt8]] = []
        for topic in session.topics {
            guard let contract = contracts[topic], contract.isTrading(at: scene.now) else { continue }
            var json = JSONWriter(reservingCapacity: 1024)
            BybitTicker(contract, scene).write(isPushed: true, to: &json)
            guard let ticker = try? JSONDocument(json.bytes) else { continue }
            let before = session.memory.updateValue(ticker.root.rawText, forKey: topic)
            guard let message = push(ticker.root, since: before, on: topic, session.count, scene) else { continue }
            session.count += 1
            messages.append(message)
        }
        return messages
    }

    /// The whole ticker, or what differs from the one before; nil if nothing does.
    private func push(_ ticker: JSONView, since before: String?, on topic: String, _ sequence: Int, _ scene: Scene)
        -> [UInt8]?
    {
        let old = before.flatMap { try? JSONDocument($0) }?.root
        let changed = ticker.members.filter { name, value in old?[name]?.rawText != value.rawText }
        guard !changed.isEmpty else { return nil }
        var json = JSONWriter(reservingCapacity: 1024)
        json.beginObject()
        json.field("topic", topic)
        json.field("type", old == nil ? "snapshot" : "delta")
        json.key("data")
        json.beginObject()
        if old != nil { json.field("symbol", ticker["symbol"]?.string) }
        for (name, value) in changed {
            json.key(name)
            json.value(value)
        }
        json.endObject()
        json.field("cs", 9_532_239_429 + sequence)
        json.field("ts", scene.now)
        json.endObject()
        return json.bytes
    }
}
