/// What became of the rows of one file.
public struct TransferReport: Hashable, Sendable {
    /// Records read, without the header.
    public var rows = 0
    public var inserted = 0
    public var updated = 0
    /// Rows that said nothing new.
    public var unchanged = 0
    public var rejected = 0

    public init() {}
}

/// A row that was left out.
public struct TransferReject: Hashable, Sendable {
    /// Where the row begins, counted from 1, the header included.
    public var line: Int
    public var reason: String
}

/// A file was not imported at all, since some of its rows cannot be and the user wants all or nothing.
public struct TransferRefused: Error, Sendable, CustomStringConvertible {
    public var report: TransferReport

    public var description: String { "\(report.rejected) of \(report.rows) rows were rejected: nothing was imported" }
}
