import FundingJSON

/// All exchanges together, as one value that changes: who asked how often, what shall go wrong, what was scripted.
struct Simulator: Sendable {
    /// Where bodies come from.
    enum Source: Sendable {
        /// The invented market, whose seed makes it the same each time.
        case universe(seed: UInt64)
        /// Recorded bodies, as they are.
        case recordings(RecordedExchange)
    }

    let source: Source
    let exchanges: [String: any PlayedExchange]
    let enforcesLimits: Bool
    /// How many times faster than the machine's the clock runs that limits go by.
    private let limitSpeed: Int
    private let original: Universe
    private(set) var universe: Universe
    private(set) var faults = FaultPlan()
    private(set) var journal = RequestJournal()
    private var ledger = LimitLedger()
    private var scripts = ScriptBook()
    private var lastSocket = 0

    /// More sockets than all clients of a test open together.
    static let maximumSockets = 4000

    /// - Parameter now: milliseconds since 1970.
    init(source: Source, exchanges: [any PlayedExchange], enforcesLimits: Bool, limitSpeed: Int = 1, at now: Int) {
        self.source = source
        self.exchanges = Dictionary(uniqueKeysWithValues: exchanges.map { ($0.feed, $0) })
        self.enforcesLimits = enforcesLimits
        self.limitSpeed = limitSpeed
        let seed: UInt64 = if case .universe(let seed) = source { seed } else { 0 }
        original = Universe(seed: seed, exchanges: exchanges, at: now)
        universe = original
    }

    /// Answers one exchange's request, or nil if there is no such feed. A server, which has many at a time, takes the
    /// three steps by itself and holds no lock during the second.
    mutating func answer(_ request: SimulatedRequest, to feed: String, at time: SimulatedTime) -> SimulatedAnswer? {
        guard let admission = admit(request, to: feed, at: time) else { return nil }
        var answer = admission.answer()
        complete(admission, &answer)
        return answer
    }

    /// Charges a request's cost and takes the fault that concerns it; nil if there is no such feed.
    mutating func admit(_ request: SimulatedRequest, to feed: String, at time: SimulatedTime) -> Admission? {
        guard let exchange = exchanges[feed] else { return nil }
        scripts.catchUp(universe: &universe, to: time)
        if let seconds = scripts.condition(of: feed).secondsOfBan(at: time.wall) {
            let way = Admission.Way.banned(seconds: seconds)
            return Admission(request: request, exchange: exchange, time: time, fault: nil, way: way)
        }
        if enforcesLimits {
            let cost = exchange.cost(of: request)
            let at = time.wall * limitSpeed
            if var refusal = ledger.charge(cost, to: request.client, of: exchange, at: at) {
                refusal.retryAfter = (refusal.retryAfter + limitSpeed - 1) / limitSpeed
                return Admission(request: request, exchange: exchange, time: time, fault: nil, way: .refused(refusal))
            }
        }
        // A refused request meets no fault, so that a fault's count means answers.
        let fault = faults.take(feed: feed, path: request.path, at: time.wall)
        let way: Admission.Way
        switch source {
        case .recordings(let recorded): way = .recorded(recorded)
        case .universe:
            way = .scene(scene(of: feed, at: time, fault?.distortion ?? Scene.Distortion(), skew: fault?.skew ?? 0))
        }
        return Admission(request: request, exchange: exchange, time: time, fault: fault, way: way)
    }

    /// What an exchange sees, with what was scripted for all of it.
    private func scene(of feed: String, at time: SimulatedTime, _ distortion: Scene.Distortion, skew: Int) -> Scene {
        let condition = scripts.condition(of: feed)
        var distortion = distortion
        distortion.zeroShare = condition.zeroShare(at: time.wall)
        return Scene(of: feed, in: universe, at: time.market + condition.skew + skew, distortion: distortion)
    }

    /// Charges what a request cost beyond expectation, adds the exchange's headers, notes the request.
    mutating func complete(_ admission: Admission, _ answer: inout SimulatedAnswer) {
        let (request, exchange, wall) = (admission.request, admission.exchange, admission.time.wall)
        if enforcesLimits {
            let at = wall * limitSpeed
            ledger.add(answer.extraCost, to: request.client, of: exchange, at: at)
            exchange.reportUse(ledger.used(by: request.client, of: exchange, at: at), in: &answer)
        }
        let isSilent = answer.delivery == .dropped || answer.delivery == .hanging
        journal.add(
            RequestJournal.Entry(
                at: wall, feed: exchange.feed, method: request.method, path: request.path, query: request.rawQuery,
                client: request.client, status: isSilent ? 0 : answer.status,
                fault: admission.reason
            )
        )
    }

    // MARK: - Control

    /// Sets a fault and returns its number.
    mutating func add(_ json: JSONView, at wall: Int) throws(Fault.Misread) -> Int {
        let fault = try Fault(json, id: faults.nextID, feeds: exchanges.keys.sorted(), at: wall)
        faults.add(fault)
        return fault.id
    }

    /// Performs scripts, all of them or none.
    /// - Returns: the first whose contract the feed does not list; nil if all were performed.
    mutating func perform(_ new: [Script], at time: SimulatedTime) -> Script? {
        let unknown = new.first { script in script.symbol.map { !universe.lists($0, on: script.feed) } ?? false }
        if unknown == nil { scripts.perform(new, on: &universe, at: time) }
        return unknown
    }

    // MARK: - Streams

    /// Says whether a client may have a stream, as far as it is not the exchange's own affair; recordings have none.
    mutating func admitStream(_ request: SimulatedRequest, to feed: String, at time: SimulatedTime) -> StreamAdmission {
        guard let exchange = exchanges[feed] as? any StreamingExchange, case .universe = source else { return .unknown }
        scripts.catchUp(universe: &universe, to: time)
        if let seconds = scripts.condition(of: feed).secondsOfBan(at: time.wall) {
            journal.streams.refuse(feed)
            return .refused(status: 403, retryAfter: seconds)
        }
        if let fault = faults.takeRefusal(feed: feed, path: request.path, at: time.wall) {
            journal.streams.refuse(feed)
            return .refused(status: fault.status ?? 403, retryAfter: fault.retryAfter)
        }
        guard exchanges.keys.reduce(0, { $0 + journal.streams.openSockets(of: $1) }) < Self.maximumSockets else {
            journal.streams.refuse(feed)
            return .refused(status: 503, retryAfter: nil)
        }
        return .welcome(exchange, scene(of: feed, at: time, Scene.Distortion(), skew: 0))
    }

    /// Notes an open socket and returns its number.
    mutating func openStream(_ feed: String, _ path: String, at time: SimulatedTime) -> Int {
        lastSocket += 1
        journal.streams.open(feed, path, at: time.wall)
        return lastSocket
    }

    mutating func closeStream(_ socket: Int, of feed: String) {
        journal.streams.close(feed)
        faults.forget(socket)
    }

    /// What a socket sees and what the faults make of it.
    mutating func circumstances(
        of socket: Int, feed: String, path: String, on moment: StreamMoment, at time: SimulatedTime
    ) -> (scene: Scene, orders: StreamOrders) {
        scripts.catchUp(universe: &universe, to: time)
        let orders = faults.orders(for: socket, feed: feed, path: path, on: moment, at: time.wall)
        return (scene(of: feed, at: time, orders.distortion, skew: orders.skew), orders)
    }

    mutating func countMessages(of feed: String, received: Int = 0, sent: Int = 0) {
        journal.streams.count(feed, messagesIn: received, messagesOut: sent)
    }

    // MARK: - Reset

    /// Forgets faults, scripts, limits and the journal: as if just started. Sockets stay.
    mutating func reset() {
        faults.removeAll()
        journal.forget()
        ledger = LimitLedger()
        scripts = ScriptBook()
        universe = original
    }
}
