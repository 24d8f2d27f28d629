public import Foundation

/// The statistics of all contracts as they are now, kept up to date by what changes: a current rate that moves, a payment
/// that is settled, time that passes. Contracts go by their integer keys.
public struct StatisticsBoard: Sendable {
    /// A contract's statistics that somebody should be told of.
    public struct Change: Hashable, Sendable {
        public var id: Int
        public var statistics: ContractStatistics

        public init(id: Int, statistics: ContractStatistics) {
            self.id = id
            self.statistics = statistics
        }
    }

    fileprivate struct Entry {
        var window = SlidingStatistics()
        /// Grows with each change of the window.
        var version = 0
        var current: (rate: Double, interval: FundingInterval, listedAt: Date?)?
        var latest: ContractStatistics?
        var computedAt = Date.distantPast
        /// Something has moved since then.
        var hasMoved = true
        /// As they were last told.
        var told: ContractStatistics?
        /// `latest` differs materially from it.
        var isUntold = false
        var hourly: (version: Int, rates: HourlyRates)?
    }

    private struct Pair: Hashable {
        var long: Int
        var short: Int
    }

    /// Moments of a pair's history, good until a leg settles or the hour turns.
    private struct CachedMoments {
        var versions: Pair
        var hour: Int
        var moments: SampleMoments
    }

    private var entries: [Int: Entry] = [:]
    private var pairs: [Pair: CachedMoments] = [:]

    /// The pairs whose moments are kept; beyond that all are let go and computed anew when asked for.
    private static let mostPairs = 65_536

    public init() {}

    /// Contracts with a current rate.
    public var count: Int { entries.values.count { $0.current != nil } }

    // MARK: What happens

    /// The contract's rate is now this; see `ContractStatistics`.
    public mutating func observe(_ id: Int, rate: Double, every interval: FundingInterval, listedAt: Date?) {
        let current = entries[id]?.current
        if let current, current == (rate, interval, listedAt) { return }
        entries[id, default: Entry()].current = (rate, interval, listedAt)
        entries[id]?.hasMoved = true
    }

    /// The contract is no longer listed: it has no current rate. What it was paid stays until it leaves the window.
    public mutating func retire(_ id: Int) {
        entries[id]?.current = nil
        entries[id]?.latest = nil
        entries[id]?.told = nil
    }

    /// Payments were settled, late or revised ones among them.
    public mutating func insert(_ points: [SettledPoint], of id: Int, at now: Date) {
        if entries[id, default: Entry()].window.insert(points, at: now) { entries[id]?.changeWindow() }
    }

    /// The contract's whole window was read anew.
    /// - Returns: whether anything was other than known.
    @discardableResult
    public mutating func replace(_ window: SlidingStatistics, of id: Int, at now: Date) -> Bool {
        var window = window
        window.evict(at: now)
        entries[id]?.evict(at: now)
        guard window != entries[id]?.window ?? SlidingStatistics() else { return false }
        entries[id, default: Entry()].window = window
        entries[id]?.changeWindow()
        return true
    }

    // MARK: What it comes to

    /// The contract's statistics; nil without a current rate.
    public mutating func statistics(of id: Int, at now: Date) -> ContractStatistics? {
        entries[id]?.refresh(at: now)
        return entries[id]?.latest
    }

    /// What should be told: of contracts that have moved since, and of all others when their zone's period has passed,
    /// those whose statistics differ materially from what was told before. It goes on being returned until `markTold`.
    public mutating func changes(at now: Date) -> [Change] {
        var changes: [Change] = []
        updateAll { id, entry in
            entry.refresh(at: now)
            if entry.isUntold, let latest = entry.latest { changes.append(Change(id: id, statistics: latest)) }
        }
        return changes
    }

    /// The changes have reached those whom they concern.
    public mutating func markTold(_ changes: [Change]) {
        for change in changes { entries[change.id]?.markTold(change.statistics) }
    }

    /// Everything is to be told again, as by a new leader who cannot know what the one before had told.
    public mutating func forgetTold() {
        updateAll { _, entry in entry.markTold(nil) }
    }

    /// When the contract's last known payment fell due.
    public func lastFundingTime(of id: Int) -> Date? { entries[id]?.window.lastFundingTime }

    /// Where a pair's spread stands among its last 30 days.
    /// - Parameter spread: the current one, APR of the short leg less APR of the long leg.
    public mutating func spread(long: Int, short: Int, spread: Double, at now: Date) -> SpreadStatistics {
        let hour = HourlyRates.lastHour(at: now)
        guard let longRates = hourlyRates(of: long, upTo: hour), let shortRates = hourlyRates(of: short, upTo: hour)
        else { return SpreadStatistics(dataPoints: 0) }
        let history = SpreadHistory(long: longRates.rates, short: shortRates.rates)
        let pair = Pair(long: long, short: short)
        let versions = Pair(long: longRates.version, short: shortRates.version)
        if let known = pairs[pair], known.versions == versions, known.hour == hour {
            return history.statistics(known.moments, of: spread)
        }
        let moments = history.moments()
        if pairs.count >= Self.mostPairs { pairs.removeAll(keepingCapacity: true) }
        pairs[pair] = CachedMoments(versions: versions, hour: hour, moments: moments)
        return history.statistics(moments, of: spread)
    }

    /// Goes through the entries where they lie: a loop over keys would copy all of them first.
    private mutating func updateAll(_ update: (Int, inout Entry) -> Void) {
        var index = entries.startIndex
        while index != entries.endIndex {
            update(entries.keys[index], &entries.values[index])
            entries.formIndex(after: &index)
        }
    }

    private mutating func hourlyRates(of id: Int, upTo hour: Int) -> (version: Int, rates: HourlyRates)? {
        guard let entry = entries[id], entry.window.count > 0 else { return nil }
        if let hourly = entry.hourly, hourly.version == entry.version, hourly.rates.lastHour == hour { return hourly }
        let hourly = (version: entry.version, rates: HourlyRates(of: entry.window, upTo: hour))
        entries[id]?.hourly = hourly
        return hourly
    }
}

extension StatisticsBoard.Entry {
    fileprivate mutating func changeWindow() {
        version += 1
        hasMoved = true
    }

    fileprivate mutating func evict(at now: Date) {
        if window.evict(at: now) { changeWindow() }
    }

    /// Computes the statistics anew if anything has moved, or if time alone may have moved something.
    fileprivate mutating func refresh(at now: Date) {
        guard let current else { return }
        let period = (latest?.zone ?? .stable).period / .seconds(1)
        guard hasMoved || now.timeIntervalSince(computedAt) >= period else { return }
        evict(at: now)
        latest = ContractStatistics(
            of: current.rate, every: current.interval, in: window, listedAt: current.listedAt, now: now)
        computedAt = now
        hasMoved = false
        compare()
    }

    fileprivate mutating func markTold(_ statistics: ContractStatistics?) {
        guard current != nil else { return }
        told = statistics
        compare()
    }

    private mutating func compare() {
        isUntold = latest.map { latest in told.map(latest.differsMaterially(from:)) ?? true } ?? false
    }
}
