public import Foundation

/// How far the statistics have come, and what the last run took: the row of `statistics_state`.
public struct StatisticsState: Hashable, Sendable {
    /// That of the last write that changed any contract's statistics.
    public var sequence: Int
    /// When statistics were last computed, whether or not anything had changed; nil if never.
    public var lastRunAt: Date?
    /// Seconds from the first figure computed to the last row written.
    public var duration: TimeInterval?
    /// Contracts with a current rate.
    public var contracts: Int
    /// Rows that the last run changed.
    public var changed: Int

    public init(
        sequence: Int = 0, lastRunAt: Date? = nil, duration: TimeInterval? = nil, contracts: Int = 0, changed: Int = 0
    ) {
        self.sequence = sequence
        self.lastRunAt = lastRunAt
        self.duration = duration
        self.contracts = contracts
        self.changed = changed
    }
}
