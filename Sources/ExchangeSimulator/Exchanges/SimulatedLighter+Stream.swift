import FundingJSON

/// All markets in one channel, or one market in its own: first everything, then what changed. The exchange speaks first,
/// and later asks whether the client lives.
extension SimulatedLighter: StreamingExchange {
    var pushPeriod: Int { 1000 }

    /// Some frame of the client's is wanted every two minutes.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 120_000) }

    private static let heartbeatPeriod = 60_000
    private static let maximumSubscriptions = 500

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/stream" else { return nil }
        var session = StreamSession(path: request.path)
        session.heartbeatAt = scene.now
        return StreamOpening(session: session, greeting: [Array(#"{"type":"connected"}"#.utf8)])
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        switch message["type"]?.string {
        case "ping": return [Array(#"{"type":"pong"}"#.utf8)]
        case "pong": return []
        case "subscribe":
            guard let channel = message["channel"]?.string, let contracts = contracts(of: channel, scene) else {
                return [Self.error(30005, "Invalid Channel")]
            }
            guard !session.topics.contains(channel) else {
                return [Self.error(30003, "Already Subscribed: \(channel)")]
            }
            guard session.topics.count < Self.maximumSubscriptions else {
                return [Self.error(23001, "Too Many Subscriptions!")]
            }
            session.subscribe([channel])
            return [stats("subscribed", channel, contracts, &session, scene)]
        case "unsubscribe":
            session.unsubscribe(message["channel"]?.string.map { [$0] } ?? [])
            return [Array(#"{"type":"unsubscribed"}"#.utf8)]
        default: return [Self.error(30001, "Invalid Type")]
        }
    }

    private static func error(_ code: Int, _ message: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("error")
        json.beginObject()
        json.field("code", code)
        json.field("message", message)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// `market_stats/all` or `market_stats/1`; nil for what is not played.
    private func contracts(of channel: String, _ scene: Scene) -> [SimulatedContract]? {
        guard let id = channel.wholeMatch(of: /market_stats\/(.+)/)?.1 else { return nil }
        let live = scene.contracts.filter { $0.isTrading(at: scene.now) }
        if id == "all" { return live }
        let one = live.filter { "\($0.id)" == id }
        return one.isEmpty ? nil : one
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        if scene.now - session.heartbeatAt >= Self.heartbeatPeriod {
            session.heartbeatAt = scene.now
            messages.append(Array(#"{"type":"ping"}"#.utf8))
        }
        for channel in session.topics {
            let changed = (contracts(of: channel, scene) ?? []).filter {
                session.memory["\(channel) \($0.id)"] != LighterStats($0, scene).moving
            }
            if !changed.isEmpty { messages.append(stats("update", channel, changed, &session, scene)) }
        }
        return messages
    }

    /// A channel is asked for with a slash and named with a colon.
    private func stats(
        _ kind: String, _ channel: String, _ contracts: [SimulatedContract], _ session: inout StreamSession,
        _ scene: Scene
    ) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 600 * contracts.count)
        json.beginObject()
        json.field("type", "\(kind)/market_stats")
        json.field("channel", channel.replacing("/", with: ":"))
        json.field("timestamp", scene.now)
        json.key("market_stats")
        let isAll = channel.hasSuffix("/all")
        if isAll { json.beginObject() }
        for contract in contracts {
            let stats = LighterStats(contract, scene)
            session.memory["\(channel) \(contract.id)"] = stats.moving
            if isAll { json.key("\(contract.id)") }
            stats.write(to: &json)
        }
        if isAll { json.endObject() }
        json.endObject()
        return json.bytes
    }
}
