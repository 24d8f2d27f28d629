extension Fault {
    /// How the scene is distorted before the exchange answers.
    var distortion: Scene.Distortion {
        switch kind {
        case .scale: Scene.Distortion(rateFactor: factor ?? 1)
        case .nan: Scene.Distortion(ratesAreNaN: true)
        case .half: Scene.Distortion(isHalved: true)
        default: Scene.Distortion()
        }
    }

    /// What the exchange's clock is off by, in milliseconds.
    var skew: Int { kind == .skew ? (seconds ?? 0) * 1000 : 0 }

    /// The answer that needs nothing of the exchange's own; nil where the fault only spoils that one.
    func answerInstead(of exchange: any PlayedExchange, at now: Int) -> SimulatedAnswer? {
        var answer: SimulatedAnswer
        switch kind {
        case .status: answer = SimulatedAnswer(status: status ?? 500, json: body ?? "")
        case .html:
            answer = SimulatedAnswer(status: status ?? 200, contentType: "text/html", body: FaultBodies.html)
        case .empty: answer = SimulatedAnswer(status: status ?? 200, json: "")
        case .object: answer = SimulatedAnswer(status: status ?? 200, json: "{}")
        case .garbage: answer = SimulatedAnswer(status: status ?? 200, body: FaultBodies.garbage)
        case .huge: answer = SimulatedAnswer(body: FaultBodies.huge)
        case .gzipBomb: answer = SimulatedAnswer(headers: [("Content-Encoding", "gzip")], body: FaultBodies.bomb)
        case .errorObject: answer = exchange.errorObject(at: now)
        case .drop, .hang:
            answer = SimulatedAnswer(json: "")
            answer.delivery = kind == .drop ? .dropped : .hanging
        case .truncated, .slow, .scale, .nan, .half, .shuffle, .skew: return nil
        case .close, .silent, .pongsOnly, .channelSilent, .hugeFrame, .flood, .refuse: return nil
        }
        if let retryAfter { answer.headers.append(("Retry-After", "\(retryAfter)")) }
        return answer
    }

    /// Spoils the exchange's own answer on its way.
    func spoil(_ answer: inout SimulatedAnswer) {
        switch kind {
        case .truncated: answer.delivery = .cut(after: answer.body.count / 2)
        case .slow: answer.delivery = .dripping
        case .shuffle: answer.body = ShuffledRows.of(answer.body)
        default: break
        }
    }
}
