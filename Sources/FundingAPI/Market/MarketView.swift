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

    /// A picture that is handed out as one: a copy of the picture itself counts each of its parts once more, which two
    /// processors that answer thousands of requests a second cannot do without waiting for each other.
    final class Shared: Sendable {
        let picture: Picture
        private let made = Lock<RateSightings?>(nil)

        init(_ picture: Picture) { self.picture = picture }

        /// Its rates by their contracts' keys, made when first asked for.
        var sightings: RateSightings {
            made.withLock { made in
                if let made { return made }
                let sightings = RateSightings(picture.market)
                made = sightings
                return sightings
            }
        }
    }

    private let shown = Lock(Shared(Picture()))

    var shared: Shared { shown.withLock { $0 } }

    var current: Picture { shared.picture }

    /// Returns when the tables have been read, or the task is cancelled.
    func waitUntilLoaded() async {
        while !shared.picture.isLoaded {
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
        }
    }

    func show(_ new: Picture) {
        let new = Shared(new)
        let old = shown.withLock { shown in
            defer { shown = new }
            return shown
        }
        // Thousands of rows may end here: not under the lock.
        _ = consume old
    }
}
