import FundingJSON

/// Tickers, one contract's or all: whole rows once, then the fields that have changed. The server greets, and asks for a
/// sign of life by messages of its own.
extension SimulatedEdgeX: StreamingExchange {
    private static let allChannels: Set = ["ticker.all", "ticker.all.1s"]
    private static let heartbeat = 30_000

    var pushPeriod: Int { 1000 }

    /// Five pings without an answer.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 5 * Self.heartbeat) }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/api/v1/public/ws" else { return nil }
        var session = StreamSession(path: request.path, query: request.query)
        session.heartbeatAt = scene.now
        let greeting = Self.message("connected") { $0.field("sid", "5bceabbe") }
        return StreamOpening(session: session, greeting: [greeting])
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let type = message["type"]?.string ?? ""
        guard type != "pong" else { return [] }
        if type == "ping" { return [Array(#"{"type":"pong","time":"\#(scene.now)"}"#.utf8)] }
        guard ["subscribe", "unsubscribe"].contains(type), let channel = message["channel"]?.string else {
            return [Self.error("INVALID_MESSAGE", "invalid message")]
        }
        guard !Self.contracts(of: channel, scene).isEmpty else {
            return [Self.error("INVALID_CONTRACT_ID", "invalid contractId:\(channel.dropFirst("ticker.".count))")]
        }
        if type == "subscribe" {
            session.subscribe([channel])
        } else {
            session.unsubscribe([channel])
            session.memory = session.memory.filter { key, _ in !key.hasPrefix(channel + " ") }
        }
        return [
            Self.message(type + "d") { $0.field("channel", channel) }
        ]
    }

    private static func contracts(of channel: String, _ scene: Scene) -> [SimulatedContract] {
        guard channel.hasPrefix("ticker.") else { return [] }
        let open = scene.contracts.filter { $0.isTrading(at: scene.now) }
        if allChannels.contains(channel) { return open }
        let id = channel.dropFirst("ticker.".count)
        return open.filter { contractID(of: $0) == id }
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        if scene.now - session.heartbeatAt >= Self.heartbeat {
            session.heartbeatAt = scene.now
            messages.append(Self.message("ping") { $0.field("time", "\(scene.now)") })
        }
        for channel in session.topics {
            let isFirst = session.memory[channel] == nil
            session.memory[channel] = ""
            var rows: [[UInt8]] = []
            for contract in Self.contracts(of: channel, scene) {
                let ticker = EdgeXTicker(contract, scene)
                let changed = ticker.fields.filter { field in
                    let key = "\(channel) \(contract.id) \(field.name)"
                    return session.memory.updateValue(field.value, forKey: key) != field.value
                }
                guard !changed.isEmpty || isFirst else { continue }
                var json = JSONWriter(reservingCapacity: 700)
                if isFirst {
                    ticker.write(to: &json)
                } else {
                    EdgeXTicker.write([ticker.fields[0]] + changed, to: &json)
                }
                rows.append(json.bytes)
            }
            if !rows.isEmpty { messages.append(Self.payload(channel, isFirst ? "Snapshot" : "Changed", rows)) }
        }
        return messages
    }

    private static func payload(_ channel: String, _ dataType: String, _ rows: [[UInt8]]) -> [UInt8] {
        message("quote-event", reservingCapacity: 700 * rows.count) { json in
            json.field("channel", channel)
            json.key("content")
            json.beginObject()
            json.field("dataType", dataType)
            json.field("channel", channel)
            json.key("data")
            json.beginArray()
            for row in rows { json.raw(row) }
            json.endArray()
            json.endObject()
        }
    }

    private static func error(_ code: String, _ text: String) -> [UInt8] {
        message("error") { json in
            json.key("content")
            json.beginObject()
            json.field("code", code)
            json.field("msg", text)
            json.endObject()
        }
    }

    private static func message(
        _ type: String, reservingCapacity capacity: Int = 256, _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: capacity)
        json.beginObject()
        json.field("type", type)
        write(&json)
        json.endObject()
        return json.bytes
    }
}
