import Foundation
public import FundingCore

/// What one answer to a history request held.
public struct HistoryPage: Sendable {
    /// Those within the window, in the exchange's order.
    public var settlements: [FundingSettlement]
    public var rejects: [Reject]
    /// How long the page's request keeps its budget busy, by the documented limit.
    public let leastTime: Duration

    init(_ parsed: Parsed<FundingSettlement>, taking leastTime: Duration) {
        settlements = parsed.rows
        rejects = parsed.rejects
        self.leastTime = leastTime
    }

    /// What no exchange can mean is not stored: as paid it would stay for good.
    mutating func rejectImplausible() {
        settlements.removeAll { settlement in
            guard let fault = Plausibility.fault(of: settlement) else { return false }
            rejects.append(Reject(symbol: settlement.symbol, reason: fault))
            return true
        }
    }

    /// Exchanges answer more than was asked for: a whole life, or the newest whatever the window.
    mutating func keepOnly(during window: ClosedRange<Date>) {
        settlements.removeAll { !window.contains($0.slot) }
    }
}

/// What a contract's pages came to.
public struct HistoryAccount: Hashable, Sendable {
    public var pages = 0
    /// Settlement slots within the window, each counted once.
    public var settlements = 0
    /// Rows of slots that had come before.
    public var repeated = 0
    public var rejects = 0
}

/// The pages of one contract's history, each asked for when the one before has been taken. Whatever the exchange
/// answers, they come to an end: in good order, or with an `ExchangeError` that says which order was broken.
public struct HistoryPages: Sendable {
    private enum Limit {
        /// Requests beside those that the number of settlements explains.
        static let spare = 20
        /// No exchange puts fewer rows on a full page.
        static let rowsOfPage: TimeInterval = 10
    }

    public private(set) var account = HistoryAccount()
    private let fetcher: HistoryFetcher
    private let contract: Contract
    private let window: ClosedRange<Date>
    /// An exchange pays hourly at the most, and its pages may have to be turned from now back to the window.
    private let mostPages: Int
    private var waiting: [ExchangeRequest]
    private var asked: Set<ExchangeRequest> = []
    private var slots: Set<Date> = []

    init(
        _ fetcher: HistoryFetcher, of contract: Contract, every interval: FundingInterval,
        during window: ClosedRange<Date>, now: Date
    ) {
        self.fetcher = fetcher
        self.contract = contract
        self.window = window
        let reach = max(now, window.upperBound).timeIntervalSince(window.lowerBound)
        let first = fetcher.adapter.historyRequests(of: contract, every: interval, during: window)
        mostPages = Limit.spare + first.count + Int(reach / 3600 / Limit.rowsOfPage)
        waiting = first.reversed()
    }

    /// Every page has been taken.
    public var isAtEnd: Bool { waiting.isEmpty }

    /// The next page, which may be empty; nil after the last.
    /// - Throws: `ExchangeError`, `CancellationError`.
    public mutating func next() async throws -> HistoryPage? {
        guard let request = waiting.popLast() else { return nil }
        guard asked.insert(request).inserted else {
            throw disorder(request, "the same page is to be asked for twice")
        }
        guard asked.count <= mostPages else { throw disorder(request, "no end after \(mostPages) pages") }
        let answer = try await fetcher.answer(to: request)
        var page: HistoryPage
        let following: ExchangeRequest?
        do {
            page = HistoryPage(
                try fetcher.adapter.settlements(of: contract, in: answer), taking: fetcher.leastTime(of: request))
            following = try fetcher.adapter.nextHistoryPage(after: answer, of: contract, during: window)
        } catch {
            throw fetcher.unreadable(request, error)
        }
        rejectStrangers(on: &page)
        page.rejectImplausible()
        let known = slots.count
        let rows = page.settlements.count
        slots.formUnion(page.settlements.lazy.map { $0.slot })
        let brought = slots.count - known
        account.pages += 1
        account.repeated += rows - brought
        account.rejects += page.rejects.count
        page.keepOnly(during: window)
        account.settlements = slots.count { window.contains($0) }
        // Rows without a new one, and on it goes: pages that only repeat would go on for ever. Where it does not go on, a
        // payment since the page before may have pushed one row on to this one; more are the page before once again.
        guard brought > 0 || rows == 0 || (following == nil && rows == 1) else {
            throw disorder(request, "the page only repeats earlier ones")
        }
        if let following { waiting.append(following) }
        return page
    }

    /// Adapters refuse the rows of other contracts where rows name theirs; what slips through is refused here.
    private func rejectStrangers(on page: inout HistoryPage) {
        page.settlements.removeAll { settlement in
            guard settlement.symbol != contract.symbol else { return false }
            let reason = "a row of \(settlement.symbol) in \(contract.symbol)'s history"
            page.rejects.append(Reject(symbol: settlement.symbol, reason: reason))
            return true
        }
    }

    private func disorder(_ request: ExchangeRequest, _ what: String) -> ExchangeError {
        fetcher.adapter.failure(request.label, .unreadable, "\(what): \(request.target)")
    }
}
