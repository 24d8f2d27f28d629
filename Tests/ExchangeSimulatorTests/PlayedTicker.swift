import FundingJSON

@testable import ExchangeSimulator

/// The smallest exchange with streams: rates of five coins by subscription, and a heartbeat every five seconds.
struct PlayedTicker: StreamingExchange {
    let feed = "ticker"
    var pushPeriod = 50
    var liveness = StreamLiveness()

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        assets.largest(5).enumerated().map { place, asset in
            SimulatedContract(asset.name, of: asset, code: "-", feed: feed, id: place, .init())
        }
    }

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer { .init(json: "{}") }

    let limits: [RequestLimit] = []

    func cost(of request: SimulatedRequest) -> [String: Double] { [:] }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer { .init(status: 429, json: "{}") }

    func errorObject(at now: Int) -> SimulatedAnswer { .init(json: "{}") }

    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening? {
        guard request.path == "/ws", request.query["token"] != "stale" else { return nil }
        var session = StreamSession(path: request.path, query: request.query)
        session.heartbeatAt = scene.now
        return StreamOpening(session: session, greeting: [Array(#"{"hello":\#(scene.now)}"#.utf8)])
    }

    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        if message.isString("ping") { return [Array(#"{"pong":\#(scene.now)}"#.utf8)] }
        let topics = message["subscribe"]?.elements.compactMap(\.string) ?? []
        session.subscribe(topics)
        return [Array(#"{"subscribed":\#(topics.count)}"#.utf8)]
    }

    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        if scene.now - session.heartbeatAt >= 5000 {
            session.heartbeatAt = scene.now
            messages.append(Array(#"{"heartbeat":\#(scene.now)}"#.utf8))
        }
        for topic in session.topics {
            guard let contract = scene.contract(topic) else { continue }
            session.count += 1
            let rate = scene.rateText(scene.rate(of: contract), digits: 8)
            let text = #"{"topic":"\#(topic)","rate":"\#(rate)","time":\#(scene.now),"count":\#(session.count)}"#
            messages.append(Array(text.utf8))
        }
        return messages
    }
}
