/// When a request arrives, in milliseconds since 1970.
struct SimulatedTime: Sendable {
    /// The market's clock, which may run faster.
    var market: Int
    /// The machine's clock, which limits and the journal go by.
    var wall: Int

    init(market: Int, wall: Int) {
        self.market = market
        self.wall = wall
    }

    /// Both clocks at one.
    init(_ now: Int) { self.init(market: now, wall: now) }
}

/// A request that was let in or refused, with all that its answer needs: making it touches nothing that others share.
struct Admission: Sendable {
    enum Way: Sendable {
        case refused(LimitRefusal)
        /// A script shuts everybody out for so many seconds.
        case banned(seconds: Int)
        case scene(Scene)
        case recorded(RecordedExchange)
    }

    var request: SimulatedRequest
    var exchange: any PlayedExchange
    var time: SimulatedTime
    /// The fault that shall spoil the answer.
    var fault: Fault?
    var way: Way

    /// What the journal calls the reason for an answer that is not the exchange's own.
    var reason: String? {
        if case .banned = way { return "ban" }
        return fault?.kind.rawValue
    }

    /// Makes the answer, a fault's own or the exchange's, spoilt if a fault says so.
    func answer() -> SimulatedAnswer {
        if let answer = fault?.answerInstead(of: exchange, at: time.wall) { return answer }
        var answer = way.answer(to: request, of: exchange, at: time.wall)
        fault?.spoil(&answer)
        return answer
    }
}

extension Admission.Way {
    fileprivate func answer(to request: SimulatedRequest, of exchange: any PlayedExchange, at wall: Int)
        -> SimulatedAnswer
    {
        switch self {
        case .refused(let refusal): exchange.refusal(refusal, at: wall)
        case .banned(let seconds): banned(seconds, by: exchange, at: wall)
        case .scene(let scene): exchange.answer(to: request, in: scene)
        case .recorded(let recorded): recorded.answer(to: request, of: exchange.feed)
        }
    }

    /// The exchange's own words with the status and the field that every client understands.
    private func banned(_ seconds: Int, by exchange: any PlayedExchange, at wall: Int) -> SimulatedAnswer {
        var answer = exchange.refusal(LimitRefusal(limit: "ban", retryAfter: seconds, isBan: true), at: wall)
        answer.status = 418
        answer.headers.removeAll { $0.0 == "Retry-After" }
        answer.headers.append(("Retry-After", "\(seconds)"))
        return answer
    }
}
