import FundingJSON

/// KuCoin's stream: a ticket, a greeting, a hundred symbols a request, prices every second and rates every minute.
extension SimulatedKuCoin: StreamingExchange {
    // MARK: - Tickets

    private static let ticketKey = Noise.key("kucoin", "ticket")
    private static let ticketMark = "2neAiuYvAU61ZDXANAGAsiL4"

    /// Tells the time it was made and proves it: no memory is needed to know it again. It ends so that a client has to
    /// escape it, as real ones do.
    private static func token(at time: Int, in scene: Scene) -> String {
        let proof = String(scene.market.noise.bits(ticketKey, time), radix: 36)
        return "\(ticketMark).\(time).\(proof)/w=="
    }

    private static func isValid(_ token: String, in scene: Scene) -> Bool {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let time = Int(parts[1]).map(\.sane), token == self.token(at: time, in: scene) else {
            return false
        }
        return (0...Int.millisecondsOfDay).contains(scene.now - time)
    }

    /// Names the real host, as the exchange does; a client that plays with the simulator puts its address in the place.
    func ticket(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginObject()
            json.field("code", "200000")
            json.key("data")
            json.beginObject()
            json.field("token", Self.token(at: scene.now, in: scene))
            json.key("instanceServers")
            json.beginArray()
            json.beginObject()
            json.field("endpoint", "wss://ws-api-futures.kucoin.com/")
            json.field("encrypt", false)
            json.field("protocol", "websocket")
            json.field("pingInterval", 18_000)
            json.field("pingTimeout", 10_000)
            json.endObject()
            json.endArray()
            json.endObject()
            json.endObject()
        }
    }

    // MARK: - Sockets

    var pushPeriod: Int { 1000 }

    /// A client that says nothing is cut after a minute, whatever it receives.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 60_000) }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard ["", "/"].contains(request.path), let token = request.query["token"], Self.isValid(token, in: scene)
        else { return nil }
        let name = request.query["connectId"] ?? "unnamed"
        return StreamOpening(
            session: StreamSession(path: request.path, query: request.query),
            greeting: [
                Self.message { json in
                    json.field("id", name)
                    json.field("type", "welcome")
                }
            ]
        )
    }

    private static func message(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 256)
        json.beginObject()
        write(&json)
        json.endObject()
        return json.bytes
    }

    // MARK: - What clients say

    private static let topic = "/contract/instrument:"

    private enum Limit {
        static let topicsOfRequest = 100
        static let topicsOfSession = 400
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard let type = message["type"]?.string else { return [Self.error(400, "type is invalid", to: message)] }
        switch type {
        case "ping":
            return [Self.reply("pong", to: message) { $0.field("timestamp", scene.now * 1000) }]
        case "subscribe", "unsubscribe":
            guard let topic = message["topic"]?.string else {
                return [Self.error(406, "topic is required", to: message)]
            }
            guard topic.hasPrefix(Self.topic) else { return [Self.error(404, "topic does not exist", to: message)] }
            let symbols = topic.dropFirst(Self.topic.count).split(separator: ",").map(String.init)
            if let refusal = change(session: &session, to: symbols, type, message) { return [refusal] }
            return message["response"]?.bool == true ? [Self.reply("ack", to: message) { _ in }] : []
        default: return [Self.error(415, "type is not supported", to: message)]
        }
    }

    /// Who asks for symbols that do not exist is told nothing, and gets nothing.
    private func change(
        session: inout StreamSession, to symbols: [String], _ type: String, _ message: JSONView
    ) -> [UInt8]? {
        let excess = "exceed max subscription count limitation of"
        guard symbols.count <= Limit.topicsOfRequest else {
            return Self.error(509, "\(excess) \(Limit.topicsOfRequest) per time", to: message)
        }
        guard type == "subscribe" else {
            session.unsubscribe(symbols)
            return nil
        }
        var changed = session
        changed.subscribe(symbols)
        guard changed.topics.count <= Limit.topicsOfSession else {
            return Self.error(509, "\(excess) \(Limit.topicsOfSession) per session", to: message)
        }
        session = changed
        return nil
    }

    private static func reply(
        _ type: String, to message: JSONView, _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        Self.message { json in
            json.field("id", message["id"]?.string ?? "0")
            json.field("type", type)
            write(&json)
        }
    }

    private static func error(_ code: Int, _ text: String, to message: JSONView) -> [UInt8] {
        reply("error", to: message) { json in
            json.field("code", code)
            json.field("data", text)
        }
    }

    // MARK: - What is pushed

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let wanted = Set(session.topics)
        let minute = "\(scene.now.floored(to: .millisecondsOfMinute))"
        var messages: [[UInt8]] = []
        for contract in scene.contracts where wanted.contains(contract.symbol) && contract.isTrading(at: scene.now) {
            messages.append(prices(of: contract, in: scene))
            guard contract.kind == .perpetual, session.memory[contract.symbol] != minute else { continue }
            // Rates come on the minute: whoever joins within one waits for the next.
            if session.memory.updateValue(minute, forKey: contract.symbol) != nil {
                messages.append(rate(of: contract, in: scene))
            }
        }
        session.count += messages.count
        return messages
    }

    private func prices(of contract: SimulatedContract, in scene: Scene) -> [UInt8] {
        Self.news(of: contract, "mark.index.price") { json in
            json.field("markPrice", KuCoinListing.mark(of: contract, scene))
            json.field("indexPrice", KuCoinListing.index(of: contract, scene))
            json.field("granularity", 1000)
            json.field("timestamp", scene.now.floored(to: 1000))
        }
    }

    /// Charged within this cycle (period 1), new every minute (granularity).
    private func rate(of contract: SimulatedContract, in scene: Scene) -> [UInt8] {
        Self.news(of: contract, "funding.rate") { json in
            json.field("period", 1)
            json.field("granularity", 60_000)
            let rate = DecimalText.rounded(scene.rate(of: contract), digits: KuCoinListing.rateDigits)
            json.field("fundingRate", rate: rate, in: scene)
            json.field("timestamp", scene.now.floored(to: .millisecondsOfMinute))
        }
    }

    private static func news(
        of contract: SimulatedContract, _ subject: String, _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        message { json in
            json.field("topic", topic + contract.symbol)
            json.field("type", "message")
            json.field("subject", subject)
            json.key("data")
            json.beginObject()
            write(&json)
            json.endObject()
        }
    }
}
