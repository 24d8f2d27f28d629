import Foundation
import FundingCore
import FundingJSON

/// What those know who follow pairs: of each part that somebody hears the widest pairs, as they were told last.
///
/// Thousands of pairs move at once. Who follows them wants the best of what he asked for, exactly and always: the widest of
/// his part are a list, and news are whatever makes the last list told into the one that holds now.
struct PairLists: Sendable {
    enum Limits {
        /// A list begins with so many pairs.
        static let most = 500
        /// Who is on it stays until so many are wider, so that pairs at its end do not come and go.
        static let kept = 600
        /// So many lists are kept that nobody hears at the moment.
        static let unheard = 8
    }

    /// A pair as it was told: an object, which lists hand on without copying it.
    private final class Told: Sendable {
        let listed: ListedOpportunity
        let row: OpportunityRow

        init(_ listed: ListedOpportunity, _ row: OpportunityRow) {
            self.listed = listed
            self.row = row
        }

        /// The row with the age that it has by now, which moves without a word.
        func aged(in moment: OpportunityMoment) -> OpportunityRow {
            var aged = row
            aged.age = moment.age(of: listed)
            return aged
        }

        /// What of the row differs from what was told; nil if nothing that is worth telling.
        func difference(from old: Told) -> [UInt8]? {
            RowDifference.encoded(row.encoded, after: old.row.encoded, named: "id", slight: ["oldest_leg_age_seconds"])
        }
    }

    /// The list of one part.
    private struct PairList: Sendable {
        var pairs: Set<FundingSpread.Key>
        var state: ArbitrageState
        /// Frames after this sequence tell all that became different since.
        let since: Int
        var heardAt: ContinuousClock.Instant
        var snapshot: KeptSnapshot?
    }

    private var lists: [LiveScope: PairList] = [:]
    private var told: [FundingSpread.Key: Told] = [:]
    /// Of the latest moment: those who come between two news find the pairs sorted.
    private var ranked: RankedPairs?

    // MARK: News

    /// Brings every list up to a moment.
    /// - Returns: what became different, a part at a time.
    mutating func follow(_ moment: OpportunityMoment) -> [ArbitrageNews] {
        guard !lists.isEmpty else { return [] }
        let ranked = rank(moment)
        var now: [FundingSpread.Key: (pair: Told, difference: [UInt8]?)] = [:]
        var news: [ArbitrageNews] = []
        for (scope, list) in lists {
            let (widest, total) = ranked.widest(in: scope, keeping: list.pairs)
            var part = ArbitrageNews(scope: scope, state: ArbitrageState(total: total, moment))
            for listed in widest {
                let key = listed.spread.key
                let entry = now[key] ?? bring(listed, moment)
                now[key] = entry
                if !list.pairs.contains(key) {
                    part.added.append(entry.pair.row.encoded)
                } else if let difference = entry.difference {
                    part.updated.append(difference)
                }
            }
            let pairs = Set(widest.map(\.spread.key))
            part.removed = list.pairs.subtracting(pairs).sorted().compactMap { told[$0]?.row.id }
            lists[scope]?.state = part.state
            guard !part.isEmpty || part.state.hasTurned(since: list.state) else { continue }
            lists[scope]?.pairs = pairs
            lists[scope]?.snapshot = nil
            news.append(part)
        }
        told = now.mapValues(\.pair)
        return news
    }

    /// A pair as it is now, and what of it has to be told to those who have it.
    private func bring(_ listed: ListedOpportunity, _ moment: OpportunityMoment) -> (pair: Told, difference: [UInt8]?) {
        guard let old = told[listed.spread.key] else { return (Told(listed, moment.row(listed)), nil) }
        // One that nobody has written anew is news when it has become too old, and when it is seen again.
        if old.listed === listed, old.row.isStale == moment.isStale(listed) { return (old, nil) }
        let new = Told(listed, moment.row(listed))
        if let difference = new.difference(from: old) { return (new, difference) }
        // Nobody is told, so what was told stays.
        return (Told(listed, old.row), nil)
    }

    // MARK: Newcomers

    /// A part as it was told last, with the ages of now; the first who wants it begins its list.
    mutating func snapshot(
        of scope: LiveScope, in moment: OpportunityMoment, sequence: Int, reset: Bool, at now: Date,
        _ instant: ContinuousClock.Instant
    ) -> EncodedFrame {
        var list = lists[scope] ?? begin(scope, moment, sequence, instant)
        defer { lists[scope] = list }
        list.heardAt = instant
        if let kept = list.snapshot, kept.isReset == reset, !kept.isOld(at: now) { return kept.message }
        let pairs = OpportunityOrder().sorted(list.pairs.compactMap { told[$0]?.listed })
        let message = ArbitrageSnapshot.encoded(
            pairs.compactMap { told[$0.spread.key]?.aged(in: moment).encoded }, list.state, sequence: sequence,
            reset: reset, at: now)
        list.snapshot = KeptSnapshot(sequence: sequence, isReset: reset, madeAt: now, message: message)
        return message
    }

    private mutating func begin(
        _ scope: LiveScope, _ moment: OpportunityMoment, _ sequence: Int, _ instant: ContinuousClock.Instant
    ) -> PairList {
        let (widest, total) = rank(moment).widest(in: scope, keeping: [])
        for listed in widest where told[listed.spread.key] == nil {
            told[listed.spread.key] = Told(listed, moment.row(listed))
        }
        return PairList(
            pairs: Set(widest.map(\.spread.key)), state: ArbitrageState(total: total, moment), since: sequence,
            heardAt: instant, snapshot: nil)
    }

    /// Whether frames after a sequence tell whoever follows a part all that he missed.
    func haveAll(of scope: LiveScope, after sequence: Int) -> Bool {
        lists[scope].map { sequence >= $0.since } ?? false
    }

    // MARK: Upkeep

    /// Gives up lists that nobody has heard for some time, and snapshots that have grown old.
    /// - Parameter heard: the parts that somebody hears.
    mutating func tidy(
        heard: Set<LiveScope>, patience: Duration, at now: Date, _ instant: ContinuousClock.Instant
    ) {
        for (scope, list) in lists {
            if heard.contains(scope) {
                lists[scope]?.heardAt = instant
            } else if instant - list.heardAt > patience {
                lists[scope] = nil
            }
            if list.snapshot?.isOld(at: now) == true { lists[scope]?.snapshot = nil }
        }
        let unheard = lists.filter { !heard.contains($0.key) }.sorted { $0.value.heardAt > $1.value.heardAt }
        for (scope, _) in unheard.dropFirst(Limits.unheard) { lists[scope] = nil }
        if lists.isEmpty {
            told = [:]
            ranked = nil
        }
    }

    private mutating func rank(_ moment: OpportunityMoment) -> RankedPairs {
        if let ranked, ranked.progress == moment.list.progress { return ranked }
        let new = RankedPairs(moment)
        ranked = new
        return new
    }
}

/// The pairs that stand in rankings, the widest first.
private struct RankedPairs: Sendable {
    /// Of the list that they were taken from.
    let progress: ArbitrageProgress?
    private let pairs: [ListedOpportunity]
    private let names: ExchangeNames

    init(_ moment: OpportunityMoment) {
        progress = moment.list.progress
        pairs = OpportunityOrder().sorted(moment.list.all.filter(\.isRanked))
        names = moment.names
    }

    /// The widest of a part, and how many it has.
    func widest(
        in scope: LiveScope, keeping known: Set<FundingSpread.Key>
    ) -> (pairs: [ListedOpportunity], total: Int) {
        let part = scope == LiveScope() ? pairs : pairs.filter { scope.includes($0, names) }
        let first = part.prefix(PairLists.Limits.most)
        let kept = part.prefix(PairLists.Limits.kept).dropFirst(first.count).filter { known.contains($0.spread.key) }
        return (first + kept, part.count)
    }
}

extension OpportunityRow {
    fileprivate var encoded: [UInt8] {
        var writer = JSONWriter(reservingCapacity: LiveFrameSize.pair)
        write(to: &writer)
        return writer.bytes
    }
}

extension OpportunityMoment {
    /// Whether nobody has seen a pair as it stands for longer than its legs' feeds may take.
    fileprivate func isStale(_ listed: ListedOpportunity) -> Bool {
        let (spread, market) = (listed.spread, self.market.market)
        return age(of: listed) > min(market.staleAfter(spread.long.feed), market.staleAfter(spread.short.feed))
    }
}

extension LiveScope {
    /// One exchange: pairs that it is part of; several: pairs with both legs among them.
    fileprivate func includes(_ pair: ListedOpportunity, _ names: ExchangeNames) -> Bool {
        if let assets, !assets.contains(pair.spread.asset.uppercased()) { return false }
        guard let exchanges else { return true }
        let isLong = exchanges.contains(names[pair.spread.long.exchange])
        let isShort = exchanges.contains(names[pair.spread.short.exchange])
        return exchanges.count == 1 ? isLong || isShort : isLong && isShort
    }
}
