import FundingJSON

// Sockets: `…/ws` sends messages as they are, `…/stream` wraps each with the name of its channel. Channels are named in
// the address or by SUBSCRIBE; `@1s` pushes each second, without it each third.

extension BinanceStyle {
    var pushPeriod: Int { 1000 }

    var liveness: StreamLiveness {
        StreamLiveness(pingPeriod: 3 * .millisecondsOfMinute, maximumSilence: 10 * .millisecondsOfMinute)
    }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        let (bare, wrapped) = (socketRoot + "/ws", socketRoot + "/stream")
        if request.path == wrapped {
            var session = StreamSession(path: wrapped)
            session.subscribe((request.query["streams"] ?? "").split(separator: "/").map(String.init))
            return StreamOpening(session: session)
        }
        guard request.path == bare || request.path.hasPrefix(bare + "/") else { return nil }
        var session = StreamSession(path: bare)
        session.subscribe(request.path.dropFirst(bare.count).split(separator: "/").map(String.init))
        return StreamOpening(session: session)
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let id = message["id"]
        guard let method = message["method"]?.string else {
            return [Self.error("missing field `method`", id)]
        }
        switch method {
        case "LIST_SUBSCRIPTIONS":
            let channels = session.topics
            return [Self.reply(id) { $0.field("result", channels) }]
        case "SUBSCRIBE", "UNSUBSCRIBE":
            guard let params = message["params"], params.kind == .array, params.count > 0 else {
                return [Self.error("missing field `params`", id)]
            }
            let channels = params.elements.compactMap(\.string)
            guard channels.count == params.count else { return [Self.error("channels are texts", id)] }
            if method == "UNSUBSCRIBE" {
                session.unsubscribe(channels)
            } else {
                guard Set(session.topics + channels).count <= maximumChannels else {
                    return [Self.error("more than \(maximumChannels) streams", id)]
                }
                session.subscribe(channels)
            }
            return [
                Self.reply(id) { json in
                    json.key("result"); json.null()
                }
            ]
        default: return [Self.error("unknown variant `\(method)`", id)]
        }
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let second = session.count
        session.count += 1
        let isWrapped = session.path.hasSuffix("/stream")
        return session.topics.flatMap { channel -> [[UInt8]] in
            guard channel.hasSuffix("@1s") || second.isMultiple(of: 3) else { return [] }
            // Nothing comes of a channel that does not exist.
            return (contracts(on: channel, in: scene) ?? []).map { contracts in
                message(of: contracts, on: channel, isWrapped: isWrapped, scene)
            }
        }
    }

    /// The contract of `btcusd_perp@markPrice`, or of `btcusd@markPrice` all of the pair; nil for other channels.
    func contracts(ofMarkPrice channel: String, in scene: Scene) -> [[SimulatedContract]]? {
        let parts = channel.split(separator: "@")
        guard parts.count >= 2, parts[1] == "markPrice", parts.count == 2 || parts[2] == "1s" else { return nil }
        let trading = scene.contracts.filter { $0.isTrading(at: scene.now) && $0.kind != .premarket }
        if let contract = trading.first(where: { $0.symbol.lowercased() == parts[0] }) { return [[contract]] }
        guard form.namesPairs else { return nil }
        let pair = trading.filter { BinanceMark.pair(of: $0).lowercased() == parts[0] }
        return pair.isEmpty ? nil : [pair]
    }

    /// An array if the channel is one of many contracts.
    private func message(
        of contracts: [SimulatedContract], on channel: String, isWrapped: Bool, _ scene: Scene
    ) -> [UInt8] {
        let single = contracts.first.flatMap { channel.hasPrefix($0.symbol.lowercased() + "@") ? $0 : nil }
        var json = JSONWriter(reservingCapacity: 220 * contracts.count + 100)
        if isWrapped {
            json.beginObject()
            json.field("stream", channel)
            json.key("data")
        }
        if let single {
            BinanceMark(single, scene, form).writeUpdate(to: &json)
        } else {
            json.beginArray()
            for contract in contracts { BinanceMark(contract, scene, form).writeUpdate(to: &json) }
            json.endArray()
        }
        if isWrapped { json.endObject() }
        return json.bytes
    }

    private static func reply(_ id: JSONView?, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        write(&json)
        json.key("id")
        if let id { json.raw(id.rawText) } else { json.null() }
        json.endObject()
        return json.bytes
    }

    private static func error(_ text: String, _ id: JSONView?) -> [UInt8] {
        reply(id) { json in
            json.key("error")
            json.beginObject()
            json.field("code", 2)
            json.field("msg", "Invalid request: \(text)")
            json.endObject()
        }
    }
}
