/// How many feeds one of several collectors should hold, so that they share the work and a newcomer gets its part.
public enum LeaseShare {
    /// What to do about leases now.
    public enum Step: Equatable, Sendable {
        case keep
        /// Try to take this many more.
        case take(Int)
        /// Give this many back, so that others may take them.
        case giveBack(Int)
    }

    /// - Parameters:
    ///   - held: the feeds this collector holds.
    ///   - feeds: all feeds to be polled by anybody.
    ///   - collectors: the collectors alive, this one included.
    public static func step(held: Int, feeds: Int, collectors: Int) -> Step {
        let share = (feeds + max(collectors, 1) - 1) / max(collectors, 1)
        return held > share ? .giveBack(held - share) : held < share ? .take(share - held) : .keep
    }
}
