import FundingJSON

// What Backpack pushes: two channels a contract, the open interest of each once a minute.
extension SimulatedBackpack: StreamingExchange {
    var pushPeriod: Int { 1000 }

    /// A ping frame a minute, two minutes for the pong.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: 60_000, maximumSilence: 120_000) }

    private static let channels = ["markPrice", "openInterest"]

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        ["", "/"].contains(request.path) ? StreamOpening(session: StreamSession(path: request.path)) : nil
    }

    /// A subscription is answered only if it is refused.
    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard let method = message["method"]?.string, let params = message["params"], params.kind == .array else {
            return [Self.refusal(4000, "Invalid request")]
        }
        let topics = params.elements.compactMap(\.string)
        switch method {
        case "SUBSCRIBE":
            guard topics.count == params.count, topics.allSatisfy({ Self.contract(of: $0, in: scene) != nil }) else {
                return [Self.refusal(4006, "Invalid stream")]
            }
            session.subscribe(topics)
        case "UNSUBSCRIBE": session.unsubscribe(topics)
        default: return [Self.refusal(4000, "Invalid method")]
        }
        return []
    }

    private static func refusal(_ code: Int, _ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("id", Int?.none)
        json.key("error")
        json.beginObject()
        json.field("code", code)
        json.field("message", text)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    private static func contract(of topic: String, in scene: Scene) -> SimulatedContract? {
        let parts = topic.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, channels.contains(parts[0]) else { return nil }
        return scene.contract(parts[1]).flatMap { $0.kind == .perpetual ? $0 : nil }
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        let contracts = Dictionary(scene.contracts.map { ($0.symbol, $0) }) { first, _ in first }
        for topic in session.topics {
            let parts = topic.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2, let contract = contracts[parts[1]], contract.isTrading(at: scene.now) else {
                continue
            }
            if parts[0] == "openInterest" {
                let minute = "\(scene.now / .millisecondsOfMinute)"
                guard session.memory[topic] != minute else { continue }
                session.memory[topic] = minute
            }
            messages.append(Self.message(topic, parts[0], contract, scene))
        }
        session.count += messages.count
        return messages
    }

    private static func message(
        _ topic: String, _ channel: String, _ contract: SimulatedContract, _ scene: Scene
    ) -> [UInt8] {
        let market = scene.market
        var json = JSONWriter(reservingCapacity: 256)
        json.beginObject()
        json.field("stream", topic)
        json.key("data")
        json.beginObject()
        json.field("e", channel)
        json.field("E", scene.now * 1000)
        json.field("s", contract.symbol)
        if channel == "markPrice" {
            json.field("p", quoting: market.markPrice(of: contract, at: scene.now), digits: contract.priceDigits)
            json.field("f", BackpackRate.text(scene.rate(of: contract), in: scene))
            json.field("i", quoting: market.indexPrice(of: contract, at: scene.now), digits: contract.priceDigits + 2)
            json.field("n", contract.schedule.nextPayment(after: scene.now))
            json.field("T", scene.now * 1000 - 1)
        } else {
            json.field("o", quoting: market.openInterestUnits(of: contract, at: scene.now), digits: 5)
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
