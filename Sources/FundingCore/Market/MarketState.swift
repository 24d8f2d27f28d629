import Foundation

/// All contracts with their live rates, and how far each feed has been followed: a value, so whoever holds one sees one
/// moment.
///
/// Postgres is the truth. Between readings, events keep the state current; whatever cannot be applied with certainty
/// is answered with `.gap`, and the feed is then read anew.
public struct MarketState: Sendable {
    /// What became of an event.
    public enum Outcome: Sendable {
        case applied(FeedChange)
        /// Something lies between what is known and this event: read the feed anew.
        case gap
        /// Known already.
        case duplicate
    }

    /// By feed; `sequence` is that of the last poll whose rows are held here, whatever Postgres has meanwhile.
    public private(set) var feeds: [FeedID: FeedState] = [:]
    /// The exchanges by their names as people write them, sorted. Nearly every request asks, and they hardly ever change.
    public private(set) var exchanges: [(id: ExchangeID, name: String)] = []
    /// By feed and symbol, delisted contracts included.
    public private(set) var rates: [FeedID: [String: LiveRate]] = [:]
    /// What the scanner makes of the rates; empty for those who do not follow it.
    public var statistics = MarketStatistics()
    /// What the settings switch on and off; nothing for those who do not follow them.
    public var switches = FeedSwitches()
    /// The symbols of each feed by their base asset. Events bring no contract, so only a reading moves it.
    private var symbols: [FeedID: [String: [String]]] = [:]

    /// Nothing is known yet.
    public init() {}

    // MARK: Events

    /// Takes over what one poll changed, if it is the one that follows the last one known.
    public mutating func apply(_ event: RatesEvent) -> Outcome {
        guard let feed = feeds[event.feed] else { return .gap }
        if event.sequence <= feed.sequence { return .duplicate }
        guard event.sequence == feed.sequence + 1, knows(event.changed, of: event.feed) else { return .gap }
        var rows = rates.removeValue(forKey: event.feed) ?? [:]
        if !event.isPartial {
            let absent = Set(event.absent)
            for symbol in rows.keys where !absent.contains(symbol) {
                if rows[symbol]?.isActive == true { rows[symbol]?.observedAt = event.observedAt }
            }
        }
        for change in event.changed {
            rows[change.symbol]?.apply(
                change, at: change.observedAt ?? event.observedAt, sequence: event.sequence
            )
        }
        let removed = event.removed.filter { rows[$0]?.isActive == true }
        for symbol in removed { rows[symbol]?.isActive = false }
        rates[event.feed] = rows
        feeds[event.feed]?.sequence = event.sequence
        if !event.isPartial {
            feeds[event.feed]?.observedAt = event.observedAt
            feeds[event.feed]?.lastSuccessAt = max(feed.lastSuccessAt ?? event.observedAt, event.observedAt)
        }
        return .applied(
            scored(
                FeedChange(
                    feed: event.feed, exchange: feed.exchange, exchangeName: feed.exchangeName, batchID: event.batchID,
                    observedAt: event.observedAt, isPartial: event.isPartial,
                    changed: event.changed.map { change in rows[change.symbol].map(RateChange.init(of:)) ?? change },
                    removed: removed
                )
            )
        )
    }

    /// Whether all changes concern contracts whose unmoving part is known here: an event does not carry it.
    private func knows(_ changes: [RateChange], of feed: FeedID) -> Bool {
        changes.allSatisfy { change in
            guard let rate = rates[feed]?[change.symbol] else { return false }
            return rate.isActive && rate.contract.baseAsset == change.baseAsset
        }
    }

    /// The change with what is known of its contracts' statistics.
    private func scored(_ change: FeedChange) -> FeedChange {
        var scored = change
        for contract in change.changed {
            scored.zScores[contract.symbol] = statistics[change.exchange, contract.symbol]?.zScore
        }
        return scored
    }

    // MARK: Postgres

    /// Takes over one feed as Postgres has it, unless events have led further meanwhile. How a feed that is known fares is
    /// for `note` to take over, so that what differs there is told.
    /// - Returns: what differs, or nil if the reading was too old.
    public mutating func replace(_ state: FeedState, with rows: [LiveRate]) -> FeedChange? {
        if let known = feeds[state.feed], state.sequence < known.sequence, !state.hasBegunAnew(since: known) {
            return nil
        }
        let before = rates[state.feed] ?? [:]
        var after: [String: LiveRate] = [:]
        for row in rows where row.contract.feed == state.feed { after[row.contract.symbol] = row }
        for sibling in feeds.values where sibling.exchange == state.exchange && sibling.feed != state.feed {
            for symbol in after.keys { rates[sibling.feed]?[symbol] = nil }
        }
        rates[state.feed] = after
        symbols[state.feed] = Dictionary(grouping: after.values, by: \.contract.baseAsset)
            .mapValues { $0.map(\.contract.symbol) }
        var read = state
        if let known = feeds[state.feed] {
            read.status = known.status
            read.consecutiveFailures = known.consecutiveFailures
            read.errorKind = known.errorKind
            read.retryAt = known.retryAt
        }
        put(read)
        let changed = after.values.filter { row in
            row.isActive && before[row.contract.symbol]?.isEqualButForAge(to: row) != true
        }
        let removed = before.values.filter { row in row.isActive && after[row.contract.symbol]?.isActive != true }
        return scored(
            FeedChange(
                feed: state.feed, exchange: state.exchange, exchangeName: state.exchangeName, batchID: "resync",
                observedAt: state.observedAt,
                changed: changed.map(RateChange.init(of:)).sorted { $0.symbol < $1.symbol },
                removed: removed.map(\.contract.symbol).sorted()
            )
        )
    }

    /// Takes over how the feeds fare; sequence and age stay those of the rows held here.
    /// - Returns: the feeds whose status differs from before, or until when they are left alone, and those whose rows are behind Postgres.
    public mutating func note(_ states: [FeedState]) -> (changed: [FeedState], behind: [FeedID]) {
        var changed: [FeedState] = []
        var behind: [FeedID] = []
        for state in states {
            guard let known = feeds[state.feed] else {
                behind.append(state.feed)
                continue
            }
            if isBehind(state) { behind.append(state.feed) }
            if (state.status, state.retryAt) != (known.status, known.retryAt) { changed.append(state) }
            var noted = state
            noted.sequence = known.sequence
            noted.observedAt = known.observedAt
            noted.lastSuccessAt = [state.lastSuccessAt, known.lastSuccessAt].compactMap { $0 }.max()
            put(noted)
        }
        return (changed, behind)
    }

    private mutating func put(_ state: FeedState) {
        let isNewName = feeds[state.feed]?.exchangeName != state.exchangeName
        feeds[state.feed] = state
        guard isNewName else { return }
        exchanges = Dictionary(feeds.values.map { ($0.exchange, $0.exchangeName) }) { first, _ in first }
            .map { (id: $0.key, name: $0.value) }.sorted { $0.name.lowercased() < $1.name.lowercased() }
    }

    /// Whether the feed has rows in Postgres that are not held here.
    public func isBehind(_ state: FeedState) -> Bool {
        guard let known = feeds[state.feed] else { return true }
        return state.sequence > known.sequence || state.hasBegunAnew(since: known)
    }

    // MARK: Reading

    /// The exchange's name as people write it; nil for one that has no feed here.
    public func name(of exchange: ExchangeID) -> String? {
        feeds.values.first { $0.exchange == exchange }?.exchangeName
    }

    /// Whether the rate moves until it is paid.
    public func kind(of rate: LiveRate) -> RateKind { feeds[rate.contract.feed]?.rateKind ?? .predicted }

    /// The contracts of one exchange, of all its feeds.
    public func rates(of exchange: ExchangeID) -> [LiveRate] {
        feeds.values.filter { $0.exchange == exchange }.flatMap { rates[$0.feed].map { Array($0.values) } ?? [] }
    }

    /// The contracts of one base asset on one exchange, of all its feeds.
    public func rates(of exchange: ExchangeID, base: String) -> [LiveRate] {
        feeds.values.filter { $0.exchange == exchange }.flatMap { feed in
            (symbols[feed.feed]?[base] ?? []).compactMap { rates[feed.feed]?[$0] }
        }
    }

    /// All contracts.
    public var allRates: some Sequence<LiveRate> { rates.values.lazy.flatMap(\.values) }
}

extension LiveRate {
    /// Whether the other reading says the same, seen at whatever time.
    fileprivate func isEqualButForAge(to other: LiveRate) -> Bool {
        var aged = self
        aged.observedAt = other.observedAt
        aged.sequence = other.sequence
        return aged == other
    }
}

extension FeedState {
    /// Whether the sequence was set back: it is lower although the feed was polled later, as after the database was
    /// restored from a backup. A copy of the database that merely lags shows an older poll.
    fileprivate func hasBegunAnew(since known: FeedState) -> Bool {
        guard sequence < known.sequence, let observedAt else { return false }
        return observedAt > known.observedAt ?? .distantPast
    }
}
