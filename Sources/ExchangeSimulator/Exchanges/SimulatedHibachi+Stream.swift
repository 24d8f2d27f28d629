import FundingJSON

/// One subscription for each market and topic, all of them in one message if the client likes.
extension SimulatedHibachi: StreamingExchange {
    private static let topics = ["funding_rate_estimation", "mark_price", "spot_price"]

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/ws/market" else { return nil }
        return StreamOpening(session: StreamSession(path: request.path, query: request.query))
    }

    /// How subscriptions are acknowledged is not documented, so nothing is said of those that are good.
    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        guard let method = message["method"]?.string, ["subscribe", "unsubscribe"].contains(method),
            let wanted = message["parameters"]?["subscriptions"], wanted.kind == .array
        else { return [Self.refusal("Invalid message")] }
        var refusals: [[UInt8]] = []
        for subscription in wanted.elements {
            guard let contract = scene.contract(subscription["symbol"]?.string),
                let topic = subscription["topic"]?.string, Self.topics.contains(topic)
            else {
                refusals.append(Self.refusal("Invalid subscription"))
                continue
            }
            let key = "\(topic) \(contract.symbol)"
            if method == "subscribe" { session.subscribe([key]) } else { session.unsubscribe([key]) }
        }
        return refusals
    }

    private static func refusal(_ message: String) -> [UInt8] { error(400, 3, message).body }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        let contracts = Dictionary(scene.contracts.map { ($0.symbol, $0) }) { first, _ in first }
        return session.topics.compactMap { key in
            let parts = key.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2, let contract = contracts[parts[1]], contract.isTrading(at: scene.now) else {
                return nil
            }
            session.count += 1
            return Self.message(parts[0], HibachiMarket(contract, scene))
        }
    }

    private static func message(_ topic: String, _ market: HibachiMarket) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 200)
        json.beginObject()
        json.key("data")
        json.beginObject()
        switch topic {
        case "mark_price": json.field("markPrice", market.markPrice)
        case "spot_price": json.field("spotPrice", market.spotPrice)
        default:
            json.key("fundingRateEstimation")
            market.writeEstimation(to: &json)
        }
        json.endObject()
        json.field("symbol", market.contract.symbol)
        json.field("topic", topic)
        json.endObject()
        return json.bytes
    }

    /// The real rhythm is not documented.
    var pushPeriod: Int { 1000 }

    /// Control frames in both directions keep the socket alive.
    var liveness: StreamLiveness { StreamLiveness(pingPeriod: 20_000, maximumSilence: 60_000) }
}
