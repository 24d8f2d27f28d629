import FundingCore
import FundingStore
import Logging

/// What the settings say of exchanges, in the picture.
extension ReadModel {
    /// Reads the settings if others hold than those that are known.
    func followSettings() async throws {
        guard try await stores.settings.revision() != settingsRevision else { return }
        let stored = try await stores.settings.current()
        // Told of once, whether they can be put to use or not.
        settingsRevision = stored.revision
        do {
            picture.market.switches = FeedSwitches(try stored.settings().exchanges)
        } catch {
            logger.error(
                "settings refused, the old ones stay in force",
                metadata: ["revision": "\(stored.revision)", "error": "\(error)"])
        }
        if picture.isLoaded { view.show(picture) }
    }
}
