public import Foundation

/// All contracts by what they price, and every pair of two exchanges that pays: kept current contract by contract.
///
/// A contract that moved costs its own pairs and no others; one that was merely confirmed costs nothing; one that grows
/// old leaves by itself. The board depends on what is known and on the time it was last told, never on the way there: it
/// equals a full scan after any sequence of updates.
public struct SpreadBoard: Sendable {
    /// What may be paired: the same ticker and the same kind of thing. A share never meets a coin.
    struct Group: Hashable, Sendable {
        var asset: String
        var marketType: MarketType
    }

    /// Two contracts, whichever of them is long.
    private struct Pair: Hashable {
        var lower: Int
        var higher: Int

        init(_ one: Int, _ other: Int) {
            lower = min(one, other)
            higher = max(one, other)
        }
    }

    /// A contract as it was last told.
    private struct Told: Sendable {
        var rate: LiveRate
        var staleAfter: TimeInterval
    }

    /// A pair as it was. An object, since most that are touched at once were none: those cost no room.
    private final class Former: Sendable {
        let spread: FundingSpread

        init(_ spread: FundingSpread) { self.spread = spread }
    }

    public private(set) var policy: SpreadPolicy
    private var told: [Int: Told] = [:]
    private var facts: [Int: ContractFacts] = [:]
    /// Listed contracts; the stale ones too, since the next reading makes them young again.
    private var groups: [Group: [BoardLeg]] = [:]
    private var pairs: [Pair: FundingSpread] = [:]
    private var zeros: [FeedID: FeedZeros] = [:]
    private var suspected: Set<FeedID> = []
    private var deadlines = DeadlineQueue()
    /// What the pairs touched since the last `takeChanges` were before; nil for those that were none.
    private var before: [Pair: Former?] = [:]

    public init(_ policy: SpreadPolicy = SpreadPolicy()) { self.policy = policy }

    // MARK: - Reading

    /// Every pair that pays, ranked or not, in no order.
    public var spreads: some Collection<FundingSpread> { pairs.values }

    /// How many contracts take part: listed, of a known kind and young enough.
    public var contractCount: Int { groups.values.reduce(0) { $0 + $1.count { $0.stage != .stale } } }

    /// What became different since the last call.
    public mutating func takeChanges() -> SpreadChanges {
        var changes = SpreadChanges()
        for (pair, old) in before {
            switch (old?.spread, pairs[pair]) {
            case (nil, nil): break
            case (nil, let new?): changes.added.append(new)
            case (let old?, nil): changes.removed.append(old)
            case (let old?, let new?) where old.key != new.key:
                changes.removed.append(old)
                changes.added.append(new)
            case (let old?, let new?):
                if old != new { changes.updated.append(new) }
            }
        }
        before.removeAll(keepingCapacity: true)
        changes.added = Self.sorted(changes.added)
        changes.updated = Self.sorted(changes.updated)
        changes.removed = Self.sorted(changes.removed)
        return changes
    }

    /// By their keys, each moved but once: there may be thousands, and they are large.
    private static func sorted(_ spreads: [FundingSpread]) -> [FundingSpread] {
        let keys = spreads.map(\.key)
        return spreads.indices.sorted { keys[$0] < keys[$1] }.map { spreads[$0] }
    }

    // MARK: - Telling

    /// Takes over readings; a contract that is no longer listed leaves.
    /// - Parameter staleAfter: the age in seconds from which readings of a feed are stale, unless the policy says.
    public mutating func update(
        _ rates: some Sequence<LiveRate>, at now: Date, staleAfter: (FeedID) -> TimeInterval
    ) {
        var moved: [Group: Set<Int>] = [:]
        var feeds: Set<FeedID> = []
        for rate in rates {
            let feed = rate.contract.feed
            let limit = policy.maximumAge ?? staleAfter(feed)
            if let old = told[rate.id] {
                zeros[old.rate.contract.feed]?.remove(old.rate)
                if Group(old.rate) != Group(rate) { take(rate.id, outOf: Group(old.rate)) }
            }
            zeros[feed, default: FeedZeros()].add(rate)
            feeds.insert(feed)
            told[rate.id] = Told(rate: rate, staleAfter: limit)
            if place(rate.id, at: now) { moved[Group(rate), default: []].insert(rate.id) }
        }
        reviewZeros(of: feeds, at: now, &moved)
        repair(moved)
    }

    /// Forgets contracts that are gone from the tables.
    public mutating func remove(_ ids: some Sequence<Int>, at now: Date) {
        var feeds: Set<FeedID> = []
        for id in ids {
            guard let old = told.removeValue(forKey: id) else { continue }
            zeros[old.rate.contract.feed]?.remove(old.rate)
            feeds.insert(old.rate.contract.feed)
            take(id, outOf: Group(old.rate))
        }
        var moved: [Group: Set<Int>] = [:]
        reviewZeros(of: feeds, at: now, &moved)
        repair(moved)
    }

    /// Takes over what is known of contracts beside their rates.
    public mutating func learn(_ facts: [Int: ContractFacts], at now: Date) {
        var moved: [Group: Set<Int>] = [:]
        for (id, fact) in facts where self.facts[id] != fact {
            self.facts[id] = fact
            guard let known = told[id] else { continue }
            if place(id, at: now) { moved[Group(known.rate), default: []].insert(id) }
        }
        repair(moved)
    }

    /// Lets time pass: what has grown old is flagged, then leaves.
    public mutating func advance(to now: Date) {
        var moved: [Group: Set<Int>] = [:]
        while let id = deadlines.next(at: now) {
            guard let known = told[id] else { continue }
            if place(id, at: now) { moved[Group(known.rate), default: []].insert(id) }
        }
        repair(moved)
    }

    /// Judges everything by another policy.
    /// - Parameter staleAfter: as with `update`.
    public mutating func adopt(_ policy: SpreadPolicy, at now: Date, staleAfter: (FeedID) -> TimeInterval) {
        guard policy != self.policy else { return }
        self.policy = policy
        for id in told.keys {
            guard let feed = told[id]?.rate.contract.feed else { continue }
            told[id]?.staleAfter = policy.maximumAge ?? staleAfter(feed)
        }
        suspected = Set(zeros.filter { $0.value.areSuspect(policy) }.keys)
        for id in told.keys { _ = place(id, at: now) }
        repair(groups.mapValues { Set($0.map(\.leg.id)) })
    }

    // MARK: - Keeping the pairs

    /// Puts a contract where it belongs, as it is known.
    /// - Returns: whether its pairs have to be made anew.
    private mutating func place(_ id: Int, at now: Date) -> Bool {
        guard let known = told[id] else { return false }
        let group = Group(known.rate)
        guard known.rate.isActive, group.marketType != .unknown else {
            take(id, outOf: group)
            return false
        }
        let leg = BoardLeg(
            known.rate, facts[id], staleAfter: known.staleAfter,
            isZeroSuspect: suspected.contains(known.rate.contract.feed), policy, at: now
        )
        if let deadline = leg.nextDeadline { deadlines.schedule(id, at: deadline) }
        guard let index = groups[group]?.firstIndex(where: { $0.leg.id == id }) else {
            groups[group, default: []].append(leg)
            return true
        }
        let isOther = groups[group]?[index].makesOtherPairs(than: leg) == true
        groups[group]?[index] = leg
        return isOther
    }

    /// Zeros of a feed that became suspect, or no longer are, make other pairs.
    private mutating func reviewZeros(of feeds: Set<FeedID>, at now: Date, _ moved: inout [Group: Set<Int>]) {
        for feed in feeds {
            let areSuspect = zeros[feed]?.areSuspect(policy) == true
            guard areSuspect != suspected.contains(feed) else { continue }
            if areSuspect { suspected.insert(feed) } else { suspected.remove(feed) }
            for (id, known) in told where known.rate.contract.feed == feed && known.rate.fundingRate == 0 {
                if place(id, at: now) { moved[Group(known.rate), default: []].insert(id) }
            }
        }
    }

    /// Makes the pairs of the contracts that moved anew, each once.
    private mutating func repair(_ moved: [Group: Set<Int>]) {
        if pairs.isEmpty {
            // The first scan: room for all at once.
            let most = moved.keys.reduce(0) { count, group in
                let legs = groups[group]?.count ?? 0
                return count + legs * (legs - 1) / 2
            }
            pairs.reserveCapacity(most)
            before.reserveCapacity(most)
        }
        for (group, ids) in moved {
            let legs = groups[group] ?? []
            for leg in legs where ids.contains(leg.leg.id) {
                for other in legs where other.leg.exchange != leg.leg.exchange {
                    if other.leg.id < leg.leg.id, ids.contains(other.leg.id) { continue }
                    let isPair = leg.stage != .stale && other.stage != .stale
                    set(
                        Pair(leg.leg.id, other.leg.id),
                        to: isPair ? FundingSpread(leg, other, of: group, policy) : nil)
                }
            }
        }
    }

    private mutating func take(_ id: Int, outOf group: Group) {
        guard let index = groups[group]?.firstIndex(where: { $0.leg.id == id }) else { return }
        groups[group]?.remove(at: index)
        deadlines.remove(id)
        for other in groups[group] ?? [] { set(Pair(id, other.leg.id), to: nil) }
        if groups[group]?.isEmpty == true { groups[group] = nil }
    }

    private mutating func set(_ pair: Pair, to new: FundingSpread?) {
        let old = pairs[pair]
        guard old != new else { return }
        if before[pair] == nil { before.updateValue(old.map(Former.init), forKey: pair) }
        pairs[pair] = new
    }
}

extension SpreadBoard.Group {
    fileprivate init(_ rate: LiveRate) {
        self.init(asset: rate.contract.baseAsset, marketType: rate.contract.marketType)
    }
}
