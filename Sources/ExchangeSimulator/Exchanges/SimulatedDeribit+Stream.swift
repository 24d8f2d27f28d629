import FundingJSON

/// JSON-RPC over a socket. Who set a heartbeat is asked by the exchange whether it lives.
extension SimulatedDeribit: StreamingExchange {
    /// Between the documented 100 ms and what `agg2` gathers.
    var pushPeriod: Int { 1000 }

    /// A client that set a heartbeat and does not answer is cut after two more; ours always sets it, to 30 s.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 90_000) }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        request.path == "/ws/api/v2" ? StreamOpening(session: StreamSession(path: request.path)) : nil
    }

    private static let heartbeat = "heartbeat"
    private static let shortestHeartbeat = 10

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let reply = DeribitReply(id: message["id"]?.int, now: scene.now)
        let parameters = message["params"]
        switch message["method"]?.string {
        case "public/set_heartbeat":
            guard let interval = parameters?["interval"]?.decimalInt, interval >= Self.shortestHeartbeat else {
                return [reply.error(400, -32602, "Invalid params").body]
            }
            session.memory[Self.heartbeat] = "\(interval * 1000)"
            session.heartbeatAt = scene.now
            return [reply.result { $0.value("ok") }.body]
        case "public/disable_heartbeat":
            session.memory[Self.heartbeat] = nil
            return [reply.result { $0.value("ok") }.body]
        case "public/test":
            return [reply.result { $0.raw(#"{"version":"1.2.26"}"#) }.body]
        case "public/subscribe":
            guard let channels = parameters?["channels"], channels.kind == .array else {
                return [reply.error(400, -32602, "Invalid params").body]
            }
            let names = channels.elements.compactMap(\.string)
            guard !names.contains(where: { $0.hasSuffix(".raw") }) else {
                return [reply.error(400, 13778, "raw_subscriptions_not_available_for_unauthorized").body]
            }
            // Unknown channels are missing in the answer, which is all that is said of them.
            let accepted = names.filter { contract(of: $0, scene) != nil }
            session.subscribe(accepted)
            return [reply.result { $0.value(accepted) }.body]
        case "public/unsubscribe":
            let names = parameters?["channels"]?.elements.compactMap(\.string) ?? []
            let ended = session.topics.filter(names.contains)
            session.unsubscribe(names)
            return [reply.result { $0.value(ended) }.body]
        default: return [reply.error(400, -32601, "Method not found").body]
        }
    }

    /// `ticker.BTC-PERPETUAL.100ms`; nil for what is not played.
    private func contract(of channel: String, _ scene: Scene) -> SimulatedContract? {
        guard let match = channel.wholeMatch(of: /ticker\.(.+)\.(?:100ms|agg2)/) else { return nil }
        return scene.contract(String(match.1)).flatMap { $0.isTrading(at: scene.now) ? $0 : nil }
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        if let period = session.memory[Self.heartbeat].flatMap({ Int($0) }), scene.now - session.heartbeatAt >= period {
            session.heartbeatAt = scene.now
            messages.append(Array(#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#.utf8))
        }
        for channel in session.topics {
            guard let contract = contract(of: channel, scene) else { continue }
            messages.append(push(of: contract, channel, scene))
        }
        return messages
    }

    private func push(of contract: SimulatedContract, _ channel: String, _ scene: Scene) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.beginObject()
        json.field("jsonrpc", "2.0")
        json.field("method", "subscription")
        json.key("params")
        json.beginObject()
        json.field("channel", channel)
        json.key("data")
        DeribitTicker(contract, scene).write(to: &json)
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
