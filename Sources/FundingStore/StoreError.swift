/// What the tables hold, or what was asked of them, breaks a rule of the suite.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

/// Another collector has taken the feed over: what this one wanted to write was refused.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    public var feed: String

    public var description: String { "the lease on \(feed) has passed to another collector" }
}
