import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging

/// The exchange of a feed answers nobody: the contracts that are left are not asked for any more.
struct FeedStopped: Error, CustomStringConvertible {
    var cause: ExchangeError

    var description: String { "the exchange is out of reach: \(cause)" }
}

/// Fills the history of one feed's contracts, a few at a time, page by page.
struct FeedBackfill: Sendable {
    enum Limit {
        /// Twice as many as an exchange's host gets connections: while some wait for an answer, the others' pages are
        /// stored.
        static let contractsAtOnce = 8
        /// Contracts whose stored points are read together.
        static let contractsOfBatch = 25
        /// Contracts in succession that brought no answer at all.
        static let unanswered = 4
        /// A settlement may be published late, or revised: what is not there after that long will not come.
        static let lateness: TimeInterval = 6 * 3600
        /// The longest interval, and a little: the reach of a neighbour.
        static let neighbourhood: TimeInterval = 25 * 3600
    }

    let fetcher: HistoryFetcher
    let stores: BackfillStores
    let progress: RunProgress
    let logger: Logger

    var profile: ExchangeProfile { fetcher.adapter.profile }

    /// Fills what is missing of the contracts within a window.
    /// - Parameter isWholeFeed: they are all that the exchange lists.
    /// - Throws: `FeedStopped`, `CancellationError`, or what Postgres refuses for good.
    func fill(
        _ contracts: [HistoryContract], during window: ClosedRange<Date>, scope: BackfillScope,
        isWholeFeed: Bool = false
    ) async throws {
        let reread = isWholeFeed ? try await fillInBulk(contracts, during: window, scope: scope) : []
        let reach = window.lowerBound.addingTimeInterval(-Limit.neighbourhood)...window.upperBound
        var stored: [Int: [SettledPoint]] = [:]
        var unanswered = 0
        func settle(_ failure: ExchangeError?) throws {
            guard let failure, failure.leavesNoAnswer else {
                unanswered = 0
                return
            }
            unanswered += 1
            if unanswered >= Limit.unanswered || failure.kind == .blocked { throw FeedStopped(cause: failure) }
        }
        try await withThrowingTaskGroup(of: ExchangeError?.self) { group in
            for (place, contract) in contracts.enumerated() {
                if place % Limit.contractsOfBatch == 0 {
                    let batch = contracts[place...].prefix(Limit.contractsOfBatch).map(\.id)
                    stored = try await stores.patiently(logger) {
                        try await $0.history.points(of: batch, during: reach)
                    }
                }
                if place >= Limit.contractsAtOnce, let failure = try await group.next() { try settle(failure) }
                let isDone = scope == .everything && reread.contains(contract.id)
                group.addTask { [points = stored[contract.id] ?? []] in
                    try await fill(contract, points, during: window, scope: isDone ? .missing : scope)
                }
            }
            for try await failure in group { try settle(failure) }
        }
    }

    /// Fills one contract.
    /// - Returns: why the exchange did not give all; that is the contract's own failure.
    private func fill(
        _ contract: HistoryContract, _ stored: [SettledPoint], during window: ClosedRange<Date>, scope: BackfillScope
    ) async throws -> ExchangeError? {
        var series = ContractSeries(
            contract.contract.symbol, stored: stored, from: window.lowerBound, ledger: contract.ledger)
        let report = report(contract, series, during: window)
        let plan = BackfillPlan(during: window, report: report, covered: contract.covered, scope: scope)
        var failure: ExchangeError?
        do {
            for part in plan.windows { try await fill(contract, &series, during: part, isLastTry: false) }
            // An answer may come out empty in the midst of others: what is missing is asked for once more before it
            // counts as not to be had.
            let again = BackfillPlan(
                during: window, report: self.report(contract, series, during: window), covered: contract.covered,
                scope: scope == .everything ? .missing : scope)
            if !plan.windows.isEmpty {
                for part in again.windows { try await fill(contract, &series, during: part, isLastTry: true) }
            }
        } catch let error as ExchangeError {
            failure = error
        }
        let result = plan.windows.isEmpty ? report : self.report(contract, series, during: window)
        progress.finish(contract, of: profile.feed, result, failure)
        if let failure {
            logger.warning(
                "history not complete",
                metadata: [
                    "feed": "\(profile.feed)", "symbol": "\(contract.contract.symbol)", "error": "\(failure)",
                    "missing": "\(result.expected - result.present)",
                ]
            )
        }
        return failure
    }

    private func fill(
        _ contract: HistoryContract, _ series: inout ContractSeries, during part: ClosedRange<Date>, isLastTry: Bool
    ) async throws {
        let interval = contract.ledger.shortest(during: part, otherwise: contract.interval)
        var pages = fetcher.pages(of: contract.contract, every: interval, during: part)
        while let page = try await pages.next() {
            progress.count(requestOf: profile.feed, taking: page.leastTime)
            tell(of: page.rejects)
            let points = series.add(page.settlements)
            var range: ClosedRange<Date>?
            if pages.isAtEnd, series.unread == 0, pages.account.rejects == 0 {
                let isWhole = report(contract, series, during: part).gaps.isEmpty
                range = isWhole || isLastTry ? Self.covered(part) : nil
            }
            try await write(points, of: contract, covering: range)
            Failpoint.pass("after_page")
        }
    }

    func tell(of rejects: [Reject]) {
        for reject in rejects.prefix(3) {
            logger.notice(
                "row rejected",
                metadata: ["feed": "\(profile.feed)", "symbol": "\(reject.symbol)", "reason": "\(reject.reason)"])
        }
    }

    /// What need not be asked for again once the pages of a window have come to their end. A row that could not be read
    /// may be readable for a later build.
    static func covered(_ part: ClosedRange<Date>) -> ClosedRange<Date>? {
        let end = min(part.upperBound, Date().addingTimeInterval(-Limit.lateness))
        return end > part.lowerBound ? part.lowerBound...end : nil
    }

    private func write(
        _ points: [SettledPoint], of contract: HistoryContract, covering range: ClosedRange<Date>?
    ) async throws {
        guard !points.isEmpty || range != nil else { return }
        let written = try await stores.patiently(logger) { stores in
            try await stores.history.write(
                points.map { (contractID: contract.id, point: $0) },
                covering: range.map { [(contractID: contract.id, range: $0)] } ?? []
            )
        }
        Failpoint.pass("after_commit")
        progress.count(written, of: profile.feed)
        stores.announcer.note([(contract.contract, points)], of: profile)
    }

    func report(_ contract: HistoryContract, _ series: ContractSeries, during window: ClosedRange<Date>)
        -> HistoryReport
    {
        HistoryReport(
            points: series.points, during: window, listedAt: contract.contract.listedAt, ledger: contract.ledger,
            now: Date(), publicationDelay: profile.publicationDelay
        )
    }
}

extension ExchangeError {
    /// The exchange itself is out of reach, not one contract's history.
    fileprivate var leavesNoAnswer: Bool {
        switch kind {
        case .unreachable, .untrusted, .timedOut, .unavailable, .rateLimited, .banned, .blocked: true
        case .refused, .unreadable: false
        }
    }
}
