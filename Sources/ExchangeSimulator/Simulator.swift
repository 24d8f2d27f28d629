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
    private let original: Universe
    private(set) var universe: Universe
    private(set) var faults = FaultPlan()
    private(set) var journal = RequestJournal()
    private var ledger = LimitLedger()

    /// - Parameter now: milliseconds since 1970.
    init(source: Source, exchanges: [any PlayedExchange], enforcesLimits: Bool, at now: Int) {
        self.source = source
        self.exchanges = Dictionary(uniqueKeysWithValues: exchanges.map { ($0.feed, $0) })
        self.enforcesLimits = enforcesLimits
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
        if enforcesLimits {
            let cost = exchange.cost(of: request)
            if let refusal = ledger.charge(cost, to: request.client, of: exchange, at: time.wall) {
                return Admission(request: request, exchange: exchange, time: time, fault: nil, way: .refused(refusal))
            }
        }
        // A refused request meets no fault, so that a fault's count means answers.
        let fault = faults.take(feed: feed, path: request.path)
        let way: Admission.Way
        switch source {
        case .recordings(let recorded): way = .recorded(recorded)
        case .universe:
            let distortion = fault?.distortion ?? Scene.Distortion()
            let now = time.market + (fault?.skew ?? 0)
            way = .scene(Scene(of: feed, in: universe, at: now, distortion: distortion))
        }
        return Admission(request: request, exchange: exchange, time: time, fault: fault, way: way)
    }

    /// Charges what a request cost beyond expectation, adds the exchange's headers, notes the request.
    mutating func complete(_ admission: Admission, _ answer: inout SimulatedAnswer) {
        let (request, exchange, wall) = (admission.request, admission.exchange, admission.time.wall)
        if enforcesLimits {
            ledger.add(answer.extraCost, to: request.client, of: exchange, at: wall)
            exchange.reportUse(ledger.used(by: request.client, of: exchange, at: wall), in: &answer)
        }
        let isSilent = answer.delivery == .dropped || answer.delivery == .hanging
        journal.add(
            RequestJournal.Entry(
                at: wall, feed: exchange.feed, method: request.method, path: request.path, query: request.rawQuery,
                client: request.client, status: isSilent ? 0 : answer.status,
                fault: admission.fault?.kind.rawValue
            )
        )
    }

    // MARK: - Control

    /// Sets a fault and returns its number.
    mutating func add(_ json: JSONView) throws(Fault.Misread) -> Int {
        let fault = try Fault(json, id: faults.nextID, feeds: exchanges.keys.sorted())
        faults.add(fault)
        return fault.id
    }

    /// Changes a contract as told: its interval, its delisting, its return.
    mutating func perform(_ script: Script, at now: Int) -> Bool {
        switch script.change {
        case .interval(let hours): universe.change(script.symbol, of: script.feed, toHours: hours, at: script.at ?? now)
        case .delist: universe.change(script.symbol, of: script.feed, toHours: nil, at: script.at ?? now)
        case .relist: universe.relist(script.symbol, of: script.feed, at: script.at ?? now)
        }
    }

    /// Forgets faults, scripts, limits and the journal: as if just started.
    mutating func reset() {
        faults.removeAll()
        journal = RequestJournal()
        ledger = LimitLedger()
        universe = original
    }
}
