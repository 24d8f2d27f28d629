public import Foundation

/// Where the rates of all contracts stand among what was paid in the last 30 days, and how far the scanner's writes have
/// been followed: a part of the market's state, kept by the same rules.
public struct MarketStatistics: Sendable {
    /// What became of an event.
    public enum Outcome: Sendable {
        case applied(StatisticsChange)
        /// A write between what is known and this event was missed: read the rows above `state.sequence`.
        case gap
        /// Known already.
        case duplicate
    }

    /// `sequence` is that of the last write whose rows are all held here, whatever Postgres has meanwhile.
    public private(set) var state = StatisticsState()
    /// Whether the table has been read.
    private var isLoaded = false
    private var contracts: [ExchangeID: [String: StatisticsEvent.Changed]] = [:]

    /// Nothing is known yet.
    public init() {}

    /// A contract's statistics; nil where there are none.
    public subscript(exchange: ExchangeID, symbol: String) -> ContractStatistics? {
        contracts[exchange]?[symbol]?.statistics
    }

    /// Takes over what one write changed, if it is the one that follows the last one known.
    public mutating func apply(_ event: StatisticsEvent) -> Outcome {
        guard isLoaded else { return .gap }
        if event.sequence <= state.sequence { return .duplicate }
        guard event.sequence == state.sequence + 1 else { return .gap }
        for row in event.changed { contracts[row.exchange, default: [:]][row.symbol] = row }
        state.sequence = event.sequence
        state.lastRunAt = max(event.computedAt, state.lastRunAt ?? event.computedAt)
        return .applied(StatisticsChange(computedAt: event.computedAt, changed: event.changed))
    }

    /// Takes over rows that were read from Postgres, unless events have led further meanwhile.
    /// - Parameter isWhole: the rows are all there are, and not only those that writes after a known one changed.
    /// - Returns: what differs, or nil if the reading was too old.
    public mutating func take(
        _ rows: [StatisticsEvent.Changed], _ reading: StatisticsState, isWhole: Bool
    ) -> StatisticsChange? {
        if isLoaded, reading.sequence < state.sequence, !(isWhole && hasBegunAnew(reading)) { return nil }
        let changed = rows.filter { contracts[$0.exchange]?[$0.symbol] != $0 }
        var removed: [StatisticsEvent.Changed] = []
        if isWhole {
            let before = contracts
            contracts = [:]
            for row in rows { contracts[row.exchange, default: [:]][row.symbol] = row }
            removed = before.values.flatMap(\.values).filter { contracts[$0.exchange]?[$0.symbol] == nil }
        } else {
            for row in changed { contracts[row.exchange, default: [:]][row.symbol] = row }
        }
        state = reading
        isLoaded = isLoaded || isWhole
        return StatisticsChange(computedAt: reading.lastRunAt, changed: changed, removed: removed)
    }

    /// Takes over how the runs fare, unless events have led further; the sequence stays that of the rows held here.
    public mutating func note(_ reading: StatisticsState) {
        guard reading.sequence >= state.sequence else { return }
        var noted = reading
        noted.sequence = state.sequence
        state = noted
    }

    /// Whether Postgres has rows that are not held here.
    public func isBehind(_ reading: StatisticsState) -> Bool {
        !isLoaded || reading.sequence > state.sequence || hasBegunAnew(reading)
    }

    /// Whether the sequence was set back: it is lower although the last run is no older, as after the database was
    /// restored from a backup. A copy of the database that merely lags tells of an older run.
    public func hasBegunAnew(_ reading: StatisticsState) -> Bool {
        guard reading.sequence < state.sequence, let ranAt = reading.lastRunAt else { return false }
        return ranAt > state.lastRunAt ?? .distantPast
    }
}

/// Contracts whose statistics became different.
public struct StatisticsChange: Sendable {
    /// When they were computed.
    public var computedAt: Date?
    public var changed: [StatisticsEvent.Changed]
    /// As they were last known: there are none any more.
    public var removed: [StatisticsEvent.Changed]

    public init(
        computedAt: Date?, changed: [StatisticsEvent.Changed], removed: [StatisticsEvent.Changed] = []
    ) {
        self.computedAt = computedAt
        self.changed = changed
        self.removed = removed
    }

    public var isEmpty: Bool { changed.isEmpty && removed.isEmpty }

    /// The base assets that are concerned, by exchange.
    public var baseAssets: [ExchangeID: Set<String>] {
        (changed + removed).reduce(into: [:]) { $0[$1.exchange, default: []].insert($1.baseAsset) }
    }
}

extension MarketState {
    /// Where a contract's rate stands among its last 30 days; nil where that is unknown, as of what is no longer listed.
    public func statistics(of rate: LiveRate) -> ContractStatistics? {
        rate.isActive ? statistics[rate.contract.exchange, rate.contract.symbol] : nil
    }
}
