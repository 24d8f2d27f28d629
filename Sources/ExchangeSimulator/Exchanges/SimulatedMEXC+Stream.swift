import FundingJSON

/// MEXC's stream: one symbol a subscription, prices as they move, rates once a minute.
extension SimulatedMEXC: StreamingExchange {
    var pushPeriod: Int { 2000 }

    /// A client that says nothing is cut after a minute, whatever it receives.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 60_000) }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        request.path == "/edge" ? StreamOpening(session: StreamSession(path: request.path, query: request.query)) : nil
    }

    private static let channels: Set = ["ticker", "funding.rate"]
    private static let all = "tickers"

    /// Success names no symbol, refusal does; a method that nobody knows is passed over in silence.
    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard let method = message["method"]?.string else { return [] }
        if method == "ping" { return [Self.message("pong", in: scene) { $0.field("data", scene.now) }] }
        guard let dot = method.firstIndex(of: ".") else { return [] }
        let (verb, channel) = (method[..<dot], String(method[method.index(after: dot)...]))
        guard ["sub", "unsub"].contains(verb), channel == Self.all || Self.channels.contains(channel) else { return [] }
        var topic = channel
        if channel != Self.all {
            let symbol = message["param"]?["symbol"]?.string ?? ""
            guard let contract = scene.contract(symbol), contract.isLive(at: scene.now) else {
                return [Self.message("rs.error", in: scene) { $0.field("data", "Contract [\(symbol)] not exists") }]
            }
            topic += ":" + symbol
        }
        guard verb == "sub" else {
            session.unsubscribe([topic])
            return []
        }
        session.subscribe([topic])
        return [Self.message("rs.sub." + channel, in: scene) { $0.field("data", "success") }]
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let wanted = Set(session.topics)
        var messages: [[UInt8]] = []
        for contract in scene.contracts where contract.isLive(at: scene.now) {
            let rates = "funding.rate:" + contract.symbol
            if wanted.contains(rates), let message = rate(of: contract, rates, &session, scene) {
                messages.append(message)
            }
            let prices = "ticker:" + contract.symbol
            if wanted.contains(prices), let message = ticker(of: contract, prices, &session, scene) {
                messages.append(message)
            }
        }
        if wanted.contains(Self.all) { messages.append(tickers(scene)) }
        session.count += messages.count
        return messages
    }

    /// At once, then once a minute.
    private func rate(
        of contract: SimulatedContract, _ topic: String, _ session: inout StreamSession, _ scene: Scene
    ) -> [UInt8]? {
        let minute = "\(scene.now.floored(to: .millisecondsOfMinute))"
        guard session.memory.updateValue(minute, forKey: topic) != minute else { return nil }
        return Self.news("funding.rate", contract.symbol, in: scene) { json in
            json.field("symbol", contract.symbol)
            json.field("rate", rate: MEXCContract.rate(of: contract, at: scene.now, in: scene), in: scene)
            json.field("nextSettleTime", contract.schedule.nextPayment(after: scene.now))
        }
    }

    /// When the price has moved.
    private func ticker(
        of contract: SimulatedContract, _ topic: String, _ session: inout StreamSession, _ scene: Scene
    ) -> [UInt8]? {
        let row = MEXCContract(contract, scene)
        let price = "\(row.fairPrice)/\(row.indexPrice)"
        guard session.memory.updateValue(price, forKey: topic) != price else { return nil }
        return Self.news("ticker", contract.symbol, in: scene) { json in
            json.field("contractId", contract.id)
            row.writeTickerFields(to: &json)
        }
    }

    /// All at once, without rates and open interest.
    private func tickers(_ scene: Scene) -> [UInt8] {
        Self.message("push.tickers", in: scene) { json in
            json.key("data")
            json.beginArray()
            for contract in scene.contracts where contract.isLive(at: scene.now) {
                let fair = MEXCContract(contract, scene).fairPrice
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("fairPrice", fair)
                json.field("lastPrice", fair)
                json.field("riseFallRate", -0.0176)
                json.field("volume24", 200)
                json.endObject()
            }
            json.endArray()
        }
    }

    private static func news(
        _ channel: String, _ symbol: String, in scene: Scene, _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        message("push." + channel, in: scene) { json in
            json.key("data")
            json.beginObject()
            write(&json)
            json.endObject()
            json.field("symbol", symbol)
        }
    }

    private static func message(_ channel: String, in scene: Scene, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 512)
        json.beginObject()
        json.field("channel", channel)
        write(&json)
        json.field("ts", scene.now)
        json.endObject()
        return json.bytes
    }
}
