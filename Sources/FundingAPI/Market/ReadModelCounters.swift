import FundingRuntime

/// What the read model has been through since it was last asked.
final class ReadModelCounters: Sendable {
    struct Counts: Sendable, Equatable {
        var applied = 0
        var duplicates = 0
        var unreadable = 0
        /// Times a feed or the statistics were read anew because events were missed.
        var healed = 0
    }

    private let counts = Lock(Counts())

    func count(_ member: WritableKeyPath<Counts, Int>) {
        counts.withLock { $0[keyPath: member] += 1 }
    }

    /// Returns the counts and begins anew.
    func take() -> Counts {
        counts.withLock { counts in
            defer { counts = Counts() }
            return counts
        }
    }
}
