import Foundation
import FundingCore
import FundingRuntime

/// What all requests are answered from: the latest state, handed out as a value that nobody changes under its reader.
final class MarketView: Sendable {
    /// One moment.
    struct Picture: Sendable {
        var market = MarketState()
        var grid = GridDocument()
        /// The sequence of the live frame that told of this grid.
        var sequence = 0
        /// When the grid last became another.
        var changedAt = Date.distantPast
        /// Whether the tables have been read at least once.
        var isLoaded = false
    }

    private let picture = Lock(Picture())

    var current: Picture { picture.withLock { $0 } }

    /// That of the current picture.
    var sequence: Int { picture.withLock { $0.sequence } }

    /// Returns when the tables have been read, or the task is cancelled.
    func waitUntilLoaded() async {
        while !current.isLoaded {
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
        }
    }

    func show(_ new: Picture) {
        let old = picture.withLock { picture in
            defer { picture = new }
            return picture
        }
        // Thousands of rows may end here: not under the lock.
        _ = consume old
    }
}
