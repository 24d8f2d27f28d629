import FundingJSON

/// One subscription for all markets; a client that sends nothing for a minute is cut.
extension SimulatedPacifica: StreamingExchange {
    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/ws" else { return nil }
        return StreamOpening(session: StreamSession(path: request.path))
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let source = message["params"]?["source"]?.string
        switch message["method"]?.string {
        case "ping": return [Array(#"{"channel":"pong"}"#.utf8)]
        case "subscribe" where source == "prices":
            session.subscribe(["prices"])
            return [Self.acknowledgement("subscribe")]
        case "unsubscribe" where source == "prices":
            session.unsubscribe(["prices"])
            return [Self.acknowledgement("unsubscribe")]
        default: return [Array(#"{"error":"Invalid message","code":400}"#.utf8)]
        }
    }

    private static func acknowledgement(_ channel: String) -> [UInt8] {
        Array(#"{"channel":"\#(channel)","data":{"source":"prices"}}"#.utf8)
    }

    /// All markets every time, rows as `/info/prices` has them.
    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard session.topics.contains("prices") else { return [] }
        session.count += 1
        var json = JSONWriter(reservingCapacity: 300 * scene.contracts.count)
        json.beginObject()
        json.field("channel", "prices")
        json.key("data")
        json.beginArray()
        Self.writePrices(scene, to: &json)
        json.endArray()
        json.endObject()
        return [json.bytes]
    }

    /// The real rhythm is not documented.
    var pushPeriod: Int { 1000 }

    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 60_000) }
}
