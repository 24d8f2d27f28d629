import FundingCore
import FundingRuntime
import FundingStore
import Logging

/// The settings as they are now: every part of the scanner asks here at each step, so that a change is in force with the
/// next one. A document that cannot be put to use is told once, and the last good one stays.
final class LiveSettings: Sendable {
    struct Picture: Sendable {
        /// -1 before the settings were read.
        var revision = -1
        var settings = SuiteSettings()
    }

    private struct Known {
        var picture = Picture()
        /// The latest revision looked at, whether it could be put to use or not.
        var seen = -1
    }

    private let store: SettingsStore
    private let logger: Logger
    private let known = Lock(Known())

    init(_ store: SettingsStore, _ logger: Logger) {
        self.store = store
        self.logger = logger
    }

    var current: Picture { known.withLock { $0.picture } }

    /// Reads the settings if their revision is another than known.
    func look() async throws {
        guard try await store.revision() != known.withLock({ $0.seen }) else { return }
        let stored = try await store.current()
        do {
            let settings = try stored.settings()
            known.withLock {
                $0 = Known(picture: Picture(revision: stored.revision, settings: settings), seen: stored.revision)
            }
            logger.notice(
                "settings in force", metadata: ["revision": "\(stored.revision)", "author": "\(stored.author)"])
        } catch {
            known.withLock { $0.seen = stored.revision }
            logger.error(
                "settings refused, the old ones stay in force",
                metadata: ["revision": "\(stored.revision)", "error": "\(error)"])
        }
    }
}
