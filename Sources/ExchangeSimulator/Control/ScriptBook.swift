/// What was scripted: what holds for an exchange beyond its contracts, and what is still to come.
struct ScriptBook: Sendable {
    /// Those whose time has not come, in its order.
    private var planned: [Script] = []
    private var conditions: [String: FeedCondition] = [:]
    /// More than any test plans; the latest of what is beyond is forgotten.
    private static let maximum = 10_000

    func condition(of feed: String) -> FeedCondition { conditions[feed] ?? FeedCondition() }

    /// Performs scripts in the order of their times. An interval's change, a delisting and a return know their time and
    /// are written down at once, ahead of it; as they forget what was planned after them, those of one contract are to
    /// come in order or in one list.
    mutating func perform(_ scripts: [Script], on universe: inout Universe, at time: SimulatedTime) {
        let ordered = scripts.enumerated().sorted {
            ($0.element.at ?? time.market, $0.offset) < ($1.element.at ?? time.market, $1.offset)
        }
        for script in ordered.map(\.element) {
            let start = script.at ?? time.market
            switch script.change {
            case .interval, .delist, .relist: universe.perform(script, at: start)
            case .multiplier, .zeroStorm, .clockSkew, .ban: plan(script, at: start)
            }
        }
        catchUp(universe: &universe, to: time)
    }

    /// Does what has become due.
    mutating func catchUp(universe: inout Universe, to time: SimulatedTime) {
        while let script = planned.first, script.at ?? 0 <= time.market {
            planned.removeFirst()
            if script.symbol == nil {
                conditions[script.feed, default: FeedCondition()].change(script.change, at: time.wall)
            } else {
                universe.perform(script, at: time.market)
            }
        }
    }

    private mutating func plan(_ script: Script, at start: Int) {
        var script = script
        script.at = start
        let place = planned.firstIndex { $0.at ?? 0 > start } ?? planned.endIndex
        planned.insert(script, at: place)
        if planned.count > Self.maximum { planned.removeLast() }
    }
}

/// What holds for a whole exchange.
struct FeedCondition: Sendable, Equatable {
    /// What its clock is off by, in milliseconds.
    private(set) var skew = 0
    private var stormShare = 0.0
    private var stormUntil = Int.max
    private var bannedUntil = 0

    /// The share of contracts that show the rate 0.
    func zeroShare(at wall: Int) -> Double { wall < stormUntil ? stormShare : 0 }

    /// How many seconds everybody stays shut out; nil: nobody is.
    func secondsOfBan(at wall: Int) -> Int? {
        wall < bannedUntil ? (bannedUntil - wall + 999) / 1000 : nil
    }

    mutating func change(_ change: Script.Change, at wall: Int) {
        switch change {
        case .zeroStorm(let share, let seconds):
            stormShare = share
            stormUntil = seconds.map { wall + $0 * 1000 } ?? Int.max
        case .clockSkew(let seconds): skew = seconds * 1000
        case .ban(let seconds): bannedUntil = wall + seconds * 1000
        case .interval, .delist, .relist, .multiplier: break
        }
    }
}
