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

    private struct Pair: Hashable {
        var a: Int
        var b: Int
    }

    /// Percent a year: a pair is watched from here on, until it leaves the board.
    public var floorAPR: Double
    private var watched: [Pair: Watched] = [:]
    private var finished: [SpreadHour] = []

    public init(floorAPR: Double) { self.floorAPR = floorAPR }

    /// The pair pays this from now on.
    public mutating func observe(_ spread: FundingSpread, at now: Date) {
        let pair = Pair(a: min(spread.long.id, spread.short.id), b: max(spread.long.id, spread.short.id))
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
    public mutating func end(_ spread: FundingSpread, at now: Date) {
        let pair = Pair(a: min(spread.long.id, spread.short.id), b: max(spread.long.id, spread.short.id))
        guard var known = watched.removeValue(forKey: pair) else { return }
        settle(&known, of: pair, until: now)
        if let part = known.part { finished.append(part) }
    }

    /// What was observed since the last call, oldest hours first.
    public mutating func take(at now: Date) -> [SpreadHour] {
        for pair in Array(watched.keys) {
            guard var known = watched[pair] else { continue }
            settle(&known, of: pair, until: now)
            if let part = known.part { finished.append(part) }
            known.part = nil
            watched[pair] = known
        }
        defer { finished.removeAll(keepingCapacity: true) }
        return finished.sorted { ($0.bucket, $0.a, $0.b) < ($1.bucket, $1.a, $1.b) }
    }

    /// Adds the time that has passed at the value it had, hour by hour.
    private mutating func settle(_ known: inout Watched, of pair: Pair, until now: Date) {
        while known.since < now {
            let bucket = Self.hour(of: known.since)
            let end = min(now, bucket.addingTimeInterval(3600))
            let seconds = end.timeIntervalSince(known.since)
            if known.part?.bucket != bucket {
                if let part = known.part { finished.append(part) }
                known.part = SpreadHour(
                    a: pair.a, b: pair.b, bucket: bucket, open: known.value, high: known.value, low: known.value,
                    close: known.value, average: known.value, rateA: known.rateA, rateB: known.rateB, seconds: seconds)
            } else if var part = known.part {
                part.high = max(part.high, known.value)
                part.low = min(part.low, known.value)
                part.close = known.value
                part.rateA = known.rateA
                part.rateB = known.rateB
                part.average += (known.value - part.average) * seconds / (part.seconds + seconds)
                part.seconds += seconds
                known.part = part
            }
            known.since = end
        }
    }

    private static func hour(of time: Date) -> Date {
        Date(timeIntervalSince1970: (time.timeIntervalSince1970 / 3600).rounded(.down) * 3600)
    }
}
