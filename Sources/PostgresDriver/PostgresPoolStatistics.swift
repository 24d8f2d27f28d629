/// What a pool is doing, for health checks and metrics.
public struct PostgresPoolStatistics: Sendable, Equatable {
    /// How many connections the pool may open.
    public var size: Int
    /// How many are open, lent or idle.
    public var open: Int
    /// How many are open and free.
    public var idle: Int
    /// How many tasks wait for one.
    public var waiting: Int
    /// How many times a task waited in vain, since the start.
    public var acquireTimeouts: Int
    /// How many connections were made, since the start.
    public var connects: Int
    /// How many attempts to connect failed, since the start.
    public var failures: Int
}
