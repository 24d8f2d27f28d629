import PostgresDriver

/// What of failed readings is told: an outage when it begins and when it ends, and any other fault once.
struct ReadingTrouble {
    /// A row may stand in a fault's text, so that there is no end of them.
    private static let longestMemory = 100

    private var isOutage = false
    private var told: Set<String> = []

    /// Takes note of a failure.
    /// - Returns: whether it is to be told.
    mutating func noteFailure(_ error: any Error) -> Bool {
        if error.isOutage {
            defer { isOutage = true }
            return !isOutage
        }
        if told.count >= Self.longestMemory { told = [] }
        return told.insert("\(error)").inserted
    }

    /// Takes note of an answer.
    /// - Returns: whether an outage has ended with it.
    mutating func noteAnswer() -> Bool {
        defer { isOutage = false }
        return isOutage
    }
}

extension Error {
    /// Whether Postgres could not be asked, rather than that its answer was of no use.
    var isOutage: Bool {
        guard let error = self as? PostgresError else { return false }
        return error.isTransient || error.kind == .connect
    }

    /// Whether it only says that the task was told to end.
    var isCancellation: Bool { self is CancellationError || (self as? PostgresError)?.kind == .cancelled }
}
