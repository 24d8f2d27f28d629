import FundingJSON

/// `instrumentInfo` contract by contract, a snapshot, which may come before the answer to its subscription, then the fields
/// that have changed; or of everything at once, whole every two seconds and by short names, bets on outcomes included.
extension SimulatedApeX: StreamingExchange {
    private static let topic = "instrumentInfo.H."
    private static let everything = "instrumentInfo.all"
    private static let heartbeat = 15_000

    var pushPeriod: Int { 1000 }

    /// Four pings that never came.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 4 * Self.heartbeat) }

    /// The address has to say version and time.
    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/realtime_public", request.query["v"] == "2", request.integer("timestamp") != nil else {
            return nil
        }
        var session = StreamSession(path: request.path, query: request.query)
        session.heartbeatAt = scene.now
        return StreamOpening(session: session)
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let args = message["args"]?.elements.compactMap(\.string) ?? []
        switch message["op"]?.string {
        case "ping":
            return [
                Self.written { json in
                    json.field("op", "pong")
                    json.key("args")
                    json.raw(message["args"]?.rawText ?? "[]")
                }
            ]
        case "pong": return []
        case "subscribe" where !args.isEmpty && args.allSatisfy({ Self.isTopic($0, scene) }):
            session.subscribe(args)
            let snapshots = push(args, to: &session, in: scene)
            return snapshots + [Self.acknowledgement(message, isSuccess: true)]
        case "unsubscribe":
            // What was pushed is forgotten field by field.
            session.unsubscribe(args)
            session.memory = session.memory.filter { key, _ in !args.contains { key.hasPrefix($0 + " ") } }
            return [Self.acknowledgement(message, isSuccess: true)]
        default: return [Self.acknowledgement(message, isSuccess: false)]
        }
    }

    private static func isTopic(_ topic: String, _ scene: Scene) -> Bool {
        topic == everything || contract(of: topic, scene) != nil
    }

    private static func contract(of topic: String, _ scene: Scene) -> SimulatedContract? {
        topic.hasPrefix(Self.topic) ? scene.contract(String(topic.dropFirst(Self.topic.count))) : nil
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        if scene.now - session.heartbeatAt >= Self.heartbeat {
            session.heartbeatAt = scene.now
            messages.append(
                Self.written { json in
                    json.field("op", "ping")
                    json.key("args")
                    json.raw(#"["\#(scene.now)"]"#)
                }
            )
        }
        return messages + push(session.topics, to: &session, in: scene)
    }

    private func push(_ topics: [String], to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        topics.compactMap { topic in
            if topic == Self.everything { return pushEverything(to: &session, in: scene) }
            guard let contract = Self.contract(of: topic, scene) else { return nil }
            let isFirst = session.memory[topic] == nil
            session.memory[topic] = ""
            let changed = ApeXTicker(of: contract, scene).fields.filter { field in
                session.memory.updateValue(field.value, forKey: "\(topic) \(field.name)") != field.value
            }
            guard !changed.isEmpty else { return nil }
            session.count += 1
            let sequence = session.count
            return Self.written(reservingCapacity: 512) { json in
                json.field("topic", topic)
                json.field("type", isFirst ? "snapshot" : "delta")
                json.key("data")
                json.beginObject()
                if !isFirst { json.field("symbol", contract.symbol) }
                for field in changed { json.field(field.name, field.value) }
                json.endObject()
                json.field("cs", 44_939_063 + sequence)
                // Microseconds.
                json.field("ts", scene.now * 1000)
            }
        }
    }

    private func pushEverything(to session: inout StreamSession, in scene: Scene) -> [UInt8]? {
        let second = scene.now / 1000
        guard session.memory[Self.everything].flatMap({ Int($0) }).map({ second - $0 >= 2 }) ?? true else { return nil }
        session.memory[Self.everything] = "\(second)"
        session.count += 1
        let sequence = session.count
        let tickers =
            scene.contracts.map { ApeXTicker(of: $0, scene) }
            + Self.predictions.map { ApeXTicker(standingStill: $0 + "USDT") }
        return Self.written(reservingCapacity: 150 * tickers.count) { json in
            json.field("topic", Self.everything)
            json.field("type", "snapshot")
            json.key("data")
            json.beginArray()
            for ticker in tickers { ticker.writeShort(to: &json) }
            json.endArray()
            json.field("cs", 44_939_063 + sequence)
            json.field("ts", scene.now * 1000)
        }
    }

    private static func acknowledgement(_ message: JSONView, isSuccess: Bool) -> [UInt8] {
        written { json in
            json.field("success", isSuccess)
            json.field("ret_msg", isSuccess ? "" : "error:handler not found")
            json.field("conn_id", "1f2a7b52-0c3c-4a53-9ab0-a3a6c1f7d0aa")
            json.key("request")
            json.raw(message.rawText)
        }
    }

    private static func written(reservingCapacity capacity: Int = 256, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: capacity)
        json.beginObject()
        write(&json)
        json.endObject()
        return json.bytes
    }
}
