import Foundation
import FundingCore

/// The pages of all contracts' settlements within a window, each asked for when the one before has been taken. They come
/// to an end whatever the exchange answers: every page has to begin later than the one before.
public struct BulkHistoryPages: Sendable {
    private let fetcher: HistoryFetcher
    private let window: ClosedRange<Date>
    private var waiting: ExchangeRequest?
    private var asked: Set<ExchangeRequest> = []
    private var latest = Date.distantPast

    init?(_ fetcher: HistoryFetcher, during window: ClosedRange<Date>) {
        guard let first = fetcher.adapter.bulkHistoryRequest(during: window) else { return nil }
        self.fetcher = fetcher
        self.window = window
        waiting = first
    }

    /// Every page has been taken.
    public var isAtEnd: Bool { waiting == nil }

    /// The next page, which may be empty; nil after the last.
    /// - Throws: `ExchangeError`, `CancellationError`.
    public mutating func next() async throws -> HistoryPage? {
        guard let request = waiting else { return nil }
        asked.insert(request)
        let answer = try await fetcher.answer(to: request)
        var page: HistoryPage
        do {
            page = HistoryPage(
                try fetcher.adapter.bulkSettlements(in: answer), taking: fetcher.leastTime(of: request))
            waiting = try fetcher.adapter.nextBulkHistoryPage(after: answer, during: window)
        } catch {
            throw fetcher.unreadable(request, error)
        }
        if let following = waiting {
            let newest = page.settlements.lazy.map(\.settledAt).max() ?? .distantPast
            guard newest > latest, !asked.contains(following) else {
                throw fetcher.unreadable(request, Rejection("the page only repeats earlier ones: \(request.target)"))
            }
            latest = newest
        }
        page.rejectImplausible()
        page.keepOnly(during: window)
        return page
    }
}
