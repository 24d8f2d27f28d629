public import Foundation
public import FundingCore

/// What a feed's rates are by its last poll and by what its stream said since: polls bring whole rows, the stream brings
/// changes to them. A flood costs nothing here, for a newer value takes the place of the older one.
public struct StreamBoard: Sendable {
    private struct Row {
        var snapshot: FundingSnapshot
        /// As it was last handed out to be stored.
        var stored: FundingSnapshot
        /// What the stream said since the latest poll was begun.
        var sincePoll: RateUpdate?
        /// The exchange's own time of the newest update.
        var exchangeTime: Date?
        var streamedAt: Date?
        var isPending = false
    }

    /// Updates older than what is known by no more than this are late; older ones mean that the exchange's clock was
    /// set back.
    private static let lateness: TimeInterval = 60
    private static let rejectLimit = 200

    private var rows: [String: Row] = [:]
    /// Values that were never stored because a newer one came first.
    public private(set) var superseded = 0
    /// Updates that came after a newer one.
    public private(set) var late = 0
    /// How far the exchange's clock was ahead of ours at the newest update that stated a time, in seconds.
    public private(set) var clockSkew: TimeInterval?
    private var rejects: [Reject] = []
    private var listingsAreOutdated = false

    public init() {}

    // MARK: - Polls

    /// A poll begins: what the stream says from now on is newer than what the poll will bring.
    /// - Returns: whether the stream has named contracts that the kept listings do not know.
    public mutating func pollBegins() -> Bool {
        for symbol in rows.keys { rows[symbol]?.sincePoll = nil }
        defer { listingsAreOutdated = false }
        return listingsAreOutdated
    }

    /// Takes over a poll, and lays over its rows what the stream has said since it began.
    /// - Parameter isComplete: contracts that the poll does not hold are forgotten; otherwise they stay as they were.
    public mutating func merge(_ snapshots: inout [FundingSnapshot], isComplete: Bool) {
        var merged: [String: Row] = isComplete ? [:] : rows
        merged.reserveCapacity(snapshots.count)
        for place in snapshots.indices {
            let symbol = snapshots[place].contract.symbol
            var row = rows[symbol] ?? Row(snapshot: snapshots[place], stored: snapshots[place])
            if let update = row.sincePoll, let streamedAt = row.streamedAt {
                let laid = snapshots[place].updated(by: update, at: max(streamedAt, snapshots[place].observedAt))
                if Plausibility.fault(of: laid) == nil { snapshots[place] = laid }
            }
            row.snapshot = snapshots[place]
            row.stored = snapshots[place]
            row.isPending = false
            merged[symbol] = row
        }
        rows = merged
    }

    // MARK: - The stream

    /// Takes over what a message told. Contracts that no poll has shown yet are left to the next poll.
    /// - Returns: how many contracts it concerned.
    @discardableResult
    public mutating func apply(_ news: StreamNews, at now: Date) -> Int {
        for reject in news.rejects { note(reject) }
        if news.outdatesListings { listingsAreOutdated = true }
        var known = 0
        for update in news.updates where apply(update, at: now) { known += 1 }
        return known
    }

    private mutating func apply(_ update: RateUpdate, at now: Date) -> Bool {
        guard var row = rows[update.symbol] else { return false }
        if let time = update.exchangeTime {
            clockSkew = time.timeIntervalSince(now)
            if let newest = row.exchangeTime, time < newest, newest.timeIntervalSince(time) < Self.lateness {
                late += 1
                return true
            }
            row.exchangeTime = time
        }
        let snapshot = row.snapshot.updated(by: update, at: now)
        if let fault = Plausibility.fault(of: snapshot) {
            note(Reject(symbol: update.symbol, reason: fault))
            return true
        }
        row.snapshot = snapshot
        row.streamedAt = now
        row.sincePoll = row.sincePoll?.followed(by: update) ?? update
        if snapshot.isNews(to: row.stored) {
            if row.isPending { superseded += 1 }
            row.isPending = true
        }
        rows[update.symbol] = row
        return true
    }

    private mutating func note(_ reject: Reject) {
        if rejects.count < Self.rejectLimit { rejects.append(reject) }
    }

    // MARK: - Storing

    /// The rows to be stored now: those whose rate, interval or funding time moved, and those that the stream confirmed
    /// but that were not stored for `age` seconds. Sorted by symbol.
    public mutating func drain(at now: Date, confirmingAfter age: TimeInterval) -> [FundingSnapshot] {
        var due: [FundingSnapshot] = []
        for (symbol, row) in rows {
            guard let streamedAt = row.streamedAt else { continue }
            let isOverdue = now.timeIntervalSince(row.stored.observedAt) >= age && streamedAt > row.stored.observedAt
            guard row.isPending || isOverdue else { continue }
            due.append(row.snapshot)
            rows[symbol]?.stored = row.snapshot
            rows[symbol]?.isPending = false
        }
        return due.sorted { $0.contract.symbol < $1.contract.symbol }
    }

    /// What `drain` handed out was not stored: it is due again.
    public mutating func putBack(_ snapshots: [FundingSnapshot]) {
        for snapshot in snapshots { rows[snapshot.contract.symbol]?.isPending = true }
    }

    /// The rows that could not be read since they were last asked for; of a flood of them the first.
    public mutating func takeRejects() -> [Reject] {
        defer { rejects = [] }
        return rejects
    }
}

extension FundingSnapshot {
    /// The reading with what an update says laid over it.
    fileprivate func updated(by update: RateUpdate, at now: Date) -> FundingSnapshot {
        var snapshot = self
        if let rate = update.fundingRate { snapshot.fundingRate = rate }
        if let interval = update.interval { snapshot.interval = interval }
        if let price = update.markPrice { snapshot.markPrice = price }
        if let price = update.indexPrice { snapshot.indexPrice = price }
        snapshot.openInterest = snapshot.openInterest.followed(by: update.openInterest)
        if !isContinuous {
            snapshot.nextFundingTime = NextFundingTime.resolve(
                stated: update.nextFundingTime ?? nextFundingTime, every: snapshot.interval, now: now
            )
        }
        snapshot.observedAt = now
        return snapshot
    }

    /// Whether it says more than a new price: prices alone are worth no write, they come along with the next one.
    fileprivate func isNews(to other: FundingSnapshot) -> Bool {
        fundingRate != other.fundingRate || interval != other.interval || nextFundingTime != other.nextFundingTime
    }
}

extension RateUpdate {
    /// This update and a later one of the same contract as one.
    fileprivate func followed(by later: RateUpdate) -> RateUpdate {
        RateUpdate(
            symbol, fundingRate: later.fundingRate ?? fundingRate, interval: later.interval ?? interval,
            nextFundingTime: later.nextFundingTime ?? nextFundingTime, markPrice: later.markPrice ?? markPrice,
            indexPrice: later.indexPrice ?? indexPrice,
            openInterest: openInterest.followed(by: later.openInterest),
            exchangeTime: later.exchangeTime ?? exchangeTime
        )
    }
}
