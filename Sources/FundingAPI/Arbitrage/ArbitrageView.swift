import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// What requests about spreads are answered from: the latest list of pairs, handed out as a value.
final class ArbitrageView: Sendable {
    /// One moment.
    struct Picture: Sendable {
        var list = OpportunityList()
        /// When a scanner last said that it is alive, as far as is known.
        var scannerBeatAt: Date?

        /// Whether the table has been read at least once.
        var isLoaded: Bool { list.progress != nil }
        var computedAt: Date? { list.progress?.computedAt }

        func isScannerRunning(at now: Date) -> Bool {
            scannerBeatAt.map { now.timeIntervalSince($0) <= HeartbeatStore.silence } ?? false
        }

        /// Whether nobody keeps the list current, or it has never been written.
        func isStale(at now: Date) -> Bool { computedAt == nil || !isScannerRunning(at: now) }
    }

    private let picture = Lock(Picture())

    var current: Picture { picture.withLock { $0 } }

    func show(_ new: Picture) {
        let old = picture.withLock { picture in
            defer { picture = new }
            return picture
        }
        // Thousands of rows may end here: not under the lock.
        _ = consume old
    }
}
