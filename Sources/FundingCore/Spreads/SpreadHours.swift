public import Foundation

/// What part of an hour a pair's APR spread was observed to be: a row of its hourly history.
public struct SpreadHour: Hashable, Sendable {
    /// The contract with the smaller key; the spread is APR of `b` less APR of `a`, with its sign.
    public var a: Int
    public var b: Int
    /// The hour's beginning.
    public var bucket: Date
    /// Percent a year.
    public var open: Double
    public var high: Double
    public var low: Double
    public var close: Double
    /// Weighted by time.
    public var average: Double
    /// Fractions of notional per hour, at the close.
    public var rateA: Double
    public var rateB: Double
    /// How long it was observed; 0: the hour was derived from settled payments.
    public var seconds: TimeInterval

    public init(
        a: Int, b: Int, bucket: Date, open: Double, high: Double, low: Double, close: Double, average: Double,
        rateA: Double, rateB: Double, seconds: TimeInterval
    ) {
        self.a = a
        self.b = b
        self.bucket = bucket
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.average = average
        self.rateA = rateA
        self.rateB = rateB
        self.seconds = seconds
    }

    /// Adds a later part of the same hour.
    mutating func add(_ later: SpreadHour) {
        high = max(high, later.high)
        low = min(low, later.low)
        close = later.close
        rateA = later.rateA
        rateB = later.rateB
        average += (later.average - average) * later.seconds / (seconds + later.seconds)
        seconds += later.seconds
    }
}

/// Watches the pairs and cuts what they do into hours. What was observed is taken out in parts, as often as one likes:
/// the parts of an hour add up to it.
public struct SpreadHours: Sendable {
    private struct Watched {
        var value: Double
        var rateA: Double
        var rateB: Double
        /// Since when it has had this value, or was last taken out.
        var since: Date
        var part: SpreadHour?
    }

    /// Whichever of the two is long.
    private struct Pair: Hashable {
        var a: Int
        var b: Int

        init(_ spread: FundingSpread) {
            a = min(spread.long.id, spread.short.id)
            b = max(spread.long.id, spread.short.id)
        }
    }

    private struct Place: Hashable {
        var pair: Pair
        var bucket: Date
    }

    /// Percent a year: a pair is watched from here on, until it leaves the board.
    public var floorAPR: Double
    private var watched: [Pair: Watched] = [:]
    private var finished: [Place: SpreadHour] = [:]

    public init(floorAPR: Double) { self.floorAPR = floorAPR }

    /// Takes note of what became of pairs. One that now pays the other way round is among both, and goes on.
    public mutating func follow(_ present: [FundingSpread], removed: [FundingSpread], at now: Date) {
        for spread in present { observe(spread, at: now) }
        guard !removed.isEmpty else { return }
        let observed = Set(present.map(Pair.init))
        for spread in removed where !observed.contains(Pair(spread)) { end(spread, at: now) }
    }

    /// The pair pays this from now on.
    mutating func observe(_ spread: FundingSpread, at now: Date) {
        let pair = Pair(spread)
        let isForward = spread.long.id == pair.a
        let value = isForward ? spread.aprSpread : -spread.aprSpread
        guard watched[pair] != nil || (spread.isRanked && spread.aprSpread >= floorAPR) else { return }
        let (rateA, rateB) =
            isForward
            ? (spread.long.hourlyRate, spread.short.hourlyRate) : (spread.short.hourlyRate, spread.long.hourlyRate)
        if var known = watched[pair] {
            settle(&known, of: pair, until: now)
            (known.value, known.rateA, known.rateB) = (value, rateA, rateB)
            watched[pair] = known
        } else {
            watched[pair] = Watched(value: value, rateA: rateA, rateB: rateB, since: now)
        }
    }

    /// The pair no longer pays, or a leg is gone.
    mutating func end(_ spread: FundingSpread, at now: Date) {
        let pair = Pair(spread)
        guard var known = watched.removeValue(forKey: pair) else { return }
        settle(&known, of: pair, until: now)
        finish(known.part, of: pair)
    }

    /// What was observed since the last call, oldest hours first: of a pair and hour one part, however often the pair has
    /// gone and come back meanwhile.
    public mutating func take(at now: Date) -> [SpreadHour] {
        for pair in Array(watched.keys) {
            guard var known = watched[pair] else { continue }
            settle(&known, of: pair, until: now)
            finish(known.part, of: pair)
            known.part = nil
            watched[pair] = known
        }
        defer { finished.removeAll(keepingCapacity: true) }
        return finished.values.sorted { ($0.bucket, $0.a, $0.b) < ($1.bucket, $1.a, $1.b) }
    }

    private mutating func finish(_ part: SpreadHour?, of pair: Pair) {
        guard let part else { return }
        let place = Place(pair: pair, bucket: part.bucket)
        if finished[place]?.add(part) == nil { finished[place] = part }
    }

    /// Adds the time that has passed at the value it had, hour by hour.
    private mutating func settle(_ known: inout Watched, of pair: Pair, until now: Date) {
        while known.since < now {
            let bucket = Self.hour(of: known.since)
            let end = min(now, bucket.addingTimeInterval(3600))
            let part = SpreadHour(
                a: pair.a, b: pair.b, bucket: bucket, open: known.value, high: known.value, low: known.value,
                close: known.value, average: known.value, rateA: known.rateA, rateB: known.rateB,
                seconds: end.timeIntervalSince(known.since))
            if known.part?.bucket == bucket {
                known.part?.add(part)
            } else {
                finish(known.part, of: pair)
                known.part = part
            }
            known.since = end
        }
    }

    private static func hour(of time: Date) -> Date {
        Date(timeIntervalSince1970: (time.timeIntervalSince1970 / 3600).rounded(.down) * 3600)
    }
}
