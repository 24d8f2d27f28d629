import Foundation
import FundingCore
import FundingStore

/// The statistics in the picture: followed by the scanner's events, and read from Postgres where one was missed.
extension ReadModel {
    /// Reads all of them.
    func loadStatistics() async throws {
        let (state, rows) = try await stores.statistics.load()
        take(rows, state, isWhole: true)
    }

    func follow(_ event: StatisticsEvent) async {
        switch picture.market.statistics.apply(event) {
        case .applied(let change):
            counters.count(\.applied)
            publish(change)
        case .duplicate:
            counters.count(\.duplicates)
        case .gap:
            await attempt { try await self.healStatistics(nil) }
        }
    }

    /// Reads what was missed.
    /// - Parameter reading: how far Postgres is; nil if nobody has asked.
    func healStatistics(_ reading: StatisticsState?) async throws {
        let known = picture.market.statistics
        if let reading, known.hasBegunAnew(reading) { return try await loadStatistics() }
        let (state, rows) = try await stores.statistics.changes(after: known.state.sequence)
        if take(rows, state, isWhole: false) { counters.count(\.healed) }
    }

    /// - Returns: whether the reading was new.
    @discardableResult
    private func take(_ rows: [StatisticsEvent.Changed], _ state: StatisticsState, isWhole: Bool) -> Bool {
        guard let change = picture.market.statistics.take(rows, state, isWhole: isWhole) else { return false }
        publish(change)
        return true
    }

    private func publish(_ change: StatisticsChange) {
        // Before the first grid is drawn there is nobody to tell.
        guard picture.isLoaded, !change.isEmpty else { return }
        let now = Date()
        let delta = picture.grid.follow(change, in: picture.market, at: now)
        let news = StatisticsNews(change, in: picture.market)
        show(live.publish(news, delta, picture.grid, at: now), now)
    }
}
