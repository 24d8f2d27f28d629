public import Foundation

/// How far the scanner's writes have come, and what they add up to: the row of `arbitrage_state`.
public struct ArbitrageProgress: Hashable, Sendable {
    /// Committed writes, without a hole; 0 if there has been none.
    public var generation: Int
    public var computedAt: Date?
    public var summary: ArbitrageSummary

    public init(generation: Int, computedAt: Date?, summary: ArbitrageSummary) {
        self.generation = generation
        self.computedAt = computedAt
        self.summary = summary
    }

    /// Whether the writes were counted anew: there are fewer, made later, as after the database was restored. A copy of
    /// the database that merely lags shows earlier ones.
    fileprivate func hasBegunAnew(since known: ArbitrageProgress) -> Bool {
        guard generation < known.generation, let computedAt else { return false }
        return computedAt > known.computedAt ?? .distantPast
    }
}

/// Every pair that the scanner has written, and how far its writes have been followed: a value, so whoever holds one sees
/// one generation.
///
/// Postgres is the truth. Between readings, events keep the list current; whatever cannot be applied with certainty is
/// answered with `.gap`, and the rows above the known generation are then read.
public struct OpportunityList: Sendable {
    /// What became of an event.
    public enum Outcome: Sendable {
        case applied
        /// Something lies between what is known and this event.
        case gap
        /// Known already.
        case duplicate
    }

    /// Nil until the table has been read.
    public private(set) var progress: ArbitrageProgress?
    private var pairs: [FundingSpread.Key: ListedOpportunity] = [:]

    public init() {}

    /// All pairs, ranked or not, in no order.
    public var all: some Collection<ListedOpportunity> { pairs.values }

    public subscript(key: FundingSpread.Key) -> ListedOpportunity? { pairs[key] }

    // MARK: - Events

    /// Takes over what one write changed, if it is the one that follows the last one known.
    public mutating func apply(_ event: ArbitrageEvent) -> Outcome {
        guard let known = progress else { return .gap }
        if event.sequence <= known.generation { return .duplicate }
        guard event.sequence == known.generation + 1, !event.isWhole else { return .gap }
        guard event.updated.allSatisfy({ pairs[$0.spread.key] != nil }) else { return .gap }
        for key in event.removed { pairs[key] = nil }
        for (opportunities, isNew) in [(event.added, true), (event.updated, false)] {
            for opportunity in opportunities {
                let key = opportunity.spread.key
                let since = isNew ? nil : pairs[key]?.since
                pairs[key] = ListedOpportunity(
                    opportunity, since: since ?? event.computedAt, generation: event.sequence)
            }
        }
        progress = ArbitrageProgress(
            generation: event.sequence, computedAt: event.computedAt, summary: event.summary)
        return .applied
    }

    // MARK: - Postgres

    /// Whether Postgres has writes that are not known here.
    public func isBehind(_ progress: ArbitrageProgress) -> Bool {
        guard let known = self.progress else { return true }
        return progress.generation > known.generation || progress.hasBegunAnew(since: known)
    }

    /// The generation above which rows have to be read; nil: all of them.
    public func known(against progress: ArbitrageProgress) -> Int? {
        guard let known = self.progress, !progress.hasBegunAnew(since: known) else { return nil }
        return known.generation
    }

    /// Takes over the whole table.
    /// - Returns: whether it was taken over; false if the reading was too old.
    public mutating func replace(_ progress: ArbitrageProgress, with rows: [ListedOpportunity]) -> Bool {
        guard self.progress == nil || isBehind(progress) else { return false }
        pairs = Dictionary(rows.map { ($0.spread.key, $0) }) { $1 }
        self.progress = progress
        return true
    }

    /// Takes over what was read above a generation that is known here.
    /// - Parameter listed: the keys of all rows that there are.
    /// - Returns: whether it was taken over; false if the reading was too old.
    public mutating func heal(
        _ progress: ArbitrageProgress, changed: [ListedOpportunity], listed: Set<FundingSpread.Key>
    ) -> Bool {
        guard isBehind(progress) else { return false }
        for key in pairs.keys where !listed.contains(key) { pairs[key] = nil }
        for row in changed { pairs[row.spread.key] = row }
        self.progress = progress
        return true
    }
}
