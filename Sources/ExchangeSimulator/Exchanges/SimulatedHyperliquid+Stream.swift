import FundingJSON

/// One subscription brings all dexs: lists of contexts in the order of the contracts, which are not named.
extension SimulatedHyperliquid: StreamingExchange {
    var pushPeriod: Int { 2000 }

    /// A connection is closed after 60 s in which nothing was sent to it, which is never while there is data.
    var liveness: StreamLiveness { StreamLiveness() }

    /// Per address in truth, and here per connection.
    private static let maximumSubscriptions = 1000

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        request.path == "/ws" ? StreamOpening(session: StreamSession(path: request.path)) : nil
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        switch message["method"]?.string {
        case "ping": return [Array(#"{"channel":"pong"}"#.utf8)]
        case "subscribe": return [subscribe(message, on: &session, in: scene)]
        case "unsubscribe":
            guard let subscription = message["subscription"], let topic = topic(subscription, scene) else {
                return [Self.error("Invalid subscription \(message.excerpt)")]
            }
            session.unsubscribe([topic])
            return [Self.response("unsubscribe", subscription)]
        default: return [Self.error("Error parsing JSON into valid websocket request: \(message.excerpt)")]
        }
    }

    private func subscribe(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [UInt8] {
        guard let subscription = message["subscription"], let topic = topic(subscription, scene) else {
            return Self.error("Invalid subscription \(message["subscription"]?.excerpt ?? "")")
        }
        guard !session.topics.contains(topic) else {
            return Self.error("Already subscribed: \(subscription.rawText)")
        }
        guard session.topics.count < Self.maximumSubscriptions else { return Self.error("Too many subscriptions") }
        session.subscribe([topic])
        return Self.response("subscribe", subscription)
    }

    /// `allDexsAssetCtxs`, `activeAssetCtx:BTC`; nil for what is not played.
    private func topic(_ subscription: JSONView, _ scene: Scene) -> String? {
        switch subscription["type"]?.string {
        case "allDexsAssetCtxs": return "allDexsAssetCtxs"
        case "activeAssetCtx": return scene.contract(subscription["coin"]?.string).map { "activeAssetCtx:\($0.symbol)" }
        default: return nil
        }
    }

    private static func response(_ method: String, _ subscription: JSONView) -> [UInt8] {
        Array(
            #"{"channel":"subscriptionResponse","data":{"method":"\#(method)","subscription":\#(subscription.rawText)}}"#
                .utf8)
    }

    private static func error(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("channel", "error")
        json.field("data", text)
        json.endObject()
        return json.bytes
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        session.topics.map { topic in
            var json = JSONWriter(reservingCapacity: 100_000)
            json.beginObject()
            if let coin = topic.wholeMatch(of: /activeAssetCtx:(.+)/)?.1 {
                json.field("channel", "activeAssetCtx")
                json.key("data")
                writeContext(of: String(coin), scene, to: &json)
            } else {
                json.field("channel", topic)
                json.key("data")
                writeContextsOfAllDexs(scene, to: &json)
            }
            json.endObject()
            return json.bytes
        }
    }

    private func writeContext(of coin: String, _ scene: Scene, to json: inout JSONWriter) {
        json.beginObject()
        json.field("coin", coin)
        if let contract = scene.contract(coin) {
            json.key("ctx")
            HyperliquidContext(contract, scene).write(to: &json)
        }
        json.endObject()
    }

    private func writeContextsOfAllDexs(_ scene: Scene, to json: inout JSONWriter) {
        json.beginObject()
        json.key("ctxs")
        json.beginArray()
        for dex in HyperliquidDex.all {
            json.beginArray()
            json.value(dex.name)
            json.beginArray()
            for contract in dex.contracts(in: scene) { HyperliquidContext(contract, scene).write(to: &json) }
            json.endArray()
            json.endArray()
        }
        json.endArray()
        json.endObject()
    }
}
