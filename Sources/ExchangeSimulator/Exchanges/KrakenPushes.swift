import FundingJSON

// What Kraken pushes: the ticker of each contract once a second, with the fraction beside the amount.
extension SimulatedKraken: StreamingExchange {
    var pushPeriod: Int { 1000 }

    /// A client must ping once a minute; the server does not.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: nil, maximumSilence: 60_000) }

    private static let heartbeat = "heartbeat"
    /// What a client may say in a second.
    private static let requestsPerSecond = 100

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/ws/v1" else { return nil }
        return StreamOpening(
            session: StreamSession(path: request.path), greeting: [Array(#"{"event":"info","version":1}"#.utf8)]
        )
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard isWithinLimit(&session, at: scene.now) else { return [Self.error("Request limit exceeded")] }
        guard let event = message["event"]?.string, ["subscribe", "unsubscribe"].contains(event),
            let feed = message["feed"]?.string
        else { return [Self.error("Json Error")] }
        var topics: [String] = []
        switch feed {
        case Self.heartbeat: topics = [Self.heartbeat]
        case "ticker":
            let products = message["product_ids"]?.elements.map(\.string) ?? []
            guard !products.isEmpty, products.allSatisfy({ scene.contract($0) != nil }) else {
                return [Self.error("Invalid product id")]
            }
            topics = products.compactMap { $0 }
        default: return [Self.error("Invalid feed")]
        }
        if event == "subscribe" { session.subscribe(topics) } else { session.unsubscribe(topics) }
        return [Self.acknowledgement(event + "d", feed, topics)]
    }

    private func isWithinLimit(_ session: inout StreamSession, at now: Int) -> Bool {
        let second = "\(now / 1000)"
        let requests = session.memory[second].flatMap { Int($0) } ?? 0
        session.memory = [second: "\(requests + 1)"]
        return requests < Self.requestsPerSecond
    }

    private static func error(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("event", "error")
        json.field("message", text)
        json.endObject()
        return json.bytes
    }

    private static func acknowledgement(_ event: String, _ feed: String, _ topics: [String]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("event", event)
        json.field("feed", feed)
        if feed == "ticker" { json.field("product_ids", topics) }
        json.endObject()
        return json.bytes
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let contracts = Dictionary(scene.contracts.map { ($0.symbol, $0) }) { first, _ in first }
        let messages = session.topics.compactMap { topic -> [UInt8]? in
            if topic == Self.heartbeat { return Array(#"{"feed":"heartbeat","time":\#(scene.now)}"#.utf8) }
            return contracts[topic].flatMap { $0.isTrading(at: scene.now) ? Self.ticker($0, scene) : nil }
        }
        session.count += messages.count
        return messages
    }

    private static func ticker(_ contract: SimulatedContract, _ scene: Scene) -> [UInt8] {
        func price(_ value: Double) -> Double { DecimalText.rounded(value, digits: contract.krakenDigits) }
        let mark = scene.market.markPrice(of: contract, at: scene.now)
        let openInterest = KrakenTickers.openInterest(of: contract, scene)
        var json = JSONWriter(reservingCapacity: 800)
        json.beginObject()
        json.field("time", scene.now)
        json.field("product_id", contract.symbol)
        var end = 0
        if case .dated(let expiry) = contract.kind { end = expiry } else { writeFunding(contract, scene, to: &json) }
        json.field("leverage", "50x")
        json.field("premium", -0.0)
        json.field("feed", "ticker")
        json.field("bid", price(mark * 0.9999))
        json.field("ask", price(mark * 1.0001))
        json.field("bid_size", 1.459)
        json.field("ask_size", 2.886)
        json.field("volume", DecimalText.rounded(openInterest * 1.5, digits: 3))
        json.field("dtm", max(0, end - scene.now) / .millisecondsOfDay)
        json.field("index", price(scene.market.indexPrice(of: contract, at: scene.now)))
        json.field("last", price(mark))
        writeDay(contract, scene, mark, to: &json)
        json.field("suspended", false)
        json.field("tag", KrakenTickers.tag(of: contract))
        json.field("pair", "\(contract.base):USD")
        json.field("openInterest", openInterest)
        json.field("markPrice", price(mark))
        json.field("maturityTime", end)
        json.field("post_only", false)
        json.field(
            "volumeQuote", DecimalText.rounded(openInterest * (contract.isInverse ? 1.5 : 1.5 * mark), digits: 4))
        json.endObject()
        return json.bytes
    }

    /// The last twenty-four hours.
    private static func writeDay(
        _ contract: SimulatedContract, _ scene: Scene, _ mark: Double, to json: inout JSONWriter
    ) {
        let open = scene.market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        json.field("change", DecimalText.rounded((mark / open - 1) * 100, digits: 2))
        json.field("open", DecimalText.rounded(open, digits: contract.krakenDigits))
        json.field("high", DecimalText.rounded(max(open, mark) * 1.01, digits: contract.krakenDigits))
        json.field("low", DecimalText.rounded(min(open, mark) * 0.99, digits: contract.krakenDigits))
    }

    private static func writeFunding(_ contract: SimulatedContract, _ scene: Scene, to json: inout JSONWriter) {
        let funding = KrakenFunding(contract, scene)
        json.field("funding_rate", rate: funding.amount, in: scene)
        json.field("funding_rate_prediction", rate: funding.nextAmount, in: scene)
        json.field("relative_funding_rate", rate: funding.fraction, in: scene)
        json.field("relative_funding_rate_prediction", rate: funding.nextFraction, in: scene)
        json.field("next_funding_rate_time", funding.paidAt)
    }
}
