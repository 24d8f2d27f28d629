public import CurlDriver
public import Foundation
import FundingCore

/// Asks one feed: listings when they are due, then the live requests, and the pages that follow each.
public actor ExchangePoller {
    /// What brings a request to its response: `HTTPFetcher.fetch`, or a test's stand-in.
    public typealias Fetch = @Sendable (HTTPRequest) async throws(HTTPFetchError) -> HTTPResponse

    private enum Limit {
        /// Answers to one request and what follows it.
        static let pages = 20
        /// Requests for open interest under way at once.
        static let openInterestRequests = 4
        /// How often the stream may call for fresh listings: some streams name at every message what no listing has.
        static let outdating = Duration.seconds(120)
    }

    /// What is asked, and how its answers are read.
    public nonisolated let adapter: any ExchangeAdapter
    /// Through which every request passes.
    public nonisolated let gate: HostGate
    private nonisolated let client: ExchangeClient
    private let now: @Sendable () -> Date
    private let clock = ContinuousClock()
    /// By the listing request's label.
    private var kept: [String: KeptListing] = [:]
    private var openInterest = OpenInterestRound()
    private var listingsAreOutdated = false
    private var outdatedAt: ContinuousClock.Instant?

    private struct KeptListing {
        var answers: [Answer]
        /// Nil if it is due.
        var expiresAt: ContinuousClock.Instant?
    }

    /// - Parameters:
    ///   - base: scheme and host that replace the profile's, as the simulator needs it.
    ///   - now: the wall clock that stamps answers.
    public init(
        _ adapter: any ExchangeAdapter, base: String? = nil, gate: HostGate? = nil,
        now: @escaping @Sendable () -> Date = { Date() }, fetch: @escaping Fetch
    ) {
        self.adapter = adapter
        self.gate = gate ?? HostGate(adapter.profile)
        self.now = now
        client = ExchangeClient(adapter, base: base ?? adapter.profile.host, gate: self.gate, now: now, fetch: fetch)
    }

    // MARK: - A poll

    /// One poll of the feed.
    /// - Throws: `ExchangeError` if a required request failed, or if not one contract could be read.
    public func poll() async throws(ExchangeError) -> FeedPoll {
        let listingFailures = try await refreshListings()
        let listings = Answers(adapter.listings.flatMap { kept[$0.label]?.answers ?? [] })
        let requests = adapter.liveRequests(given: listings)
        let asked = await ask(requests)
        var liveFailures = asked.compactMap(\.failure)
        let required = Set(requests.filter { $0.need == .required }.map(\.label))
        if let fatal = liveFailures.first(where: { required.contains($0.request) }) { throw fatal }

        var parsed = Parsed<FundingSnapshot>()
        do {
            parsed = try adapter.snapshots(from: listings.merging(Answers(asked.flatMap(\.answers))))
        } catch {
            expireListings()
            throw liveFailures.first ?? unreadable("poll", error)
        }
        liveFailures += parsed.unreadable.map { adapter.failure($0.request, .unreadable, $0.reason) }
        if let fatal = liveFailures.first(where: { required.contains($0.request) }) { throw fatal }
        if parsed.listingsAreOutdated { expireListings() }

        var poll = FeedPoll(
            adapter.profile, parsed, failures: listingFailures + liveFailures,
            // A listing that could not be read anew proves nobody's absence.
            isComplete: liveFailures.isEmpty && listingFailures.isEmpty
                && adapter.listings.allSatisfy { kept[$0.label] != nil }, at: now()
        )
        if poll.snapshots.isEmpty {
            expireListings()
            throw liveFailures.first ?? emptiness(of: poll)
        }
        openInterest.complete(&poll.snapshots)
        poll.answers = asked.flatMap(\.answers)
        return poll
    }

    /// A feed without a contract is a misunderstanding, not a fact.
    private func emptiness(of poll: FeedPoll) -> ExchangeError {
        let example = poll.rejects.first.map { "; the first: \($0.symbol): \($0.reason)" } ?? ""
        return adapter.failure(
            "poll", .unreadable, "no contract: excluded \(poll.exclusions), \(poll.rejects.count) rejects\(example)"
        )
    }

    /// Asks one request beside the polls, with the host's manners: a stream's ticket.
    public nonisolated func ask(_ request: ExchangeRequest) async -> Result<Answer, ExchangeError> {
        await client.answer(to: request, .live)
    }

    /// The stream knows contracts that the kept listings do not: the next poll asks for all of them again, or the first
    /// one two minutes after the last time.
    public func outdateListings() { listingsAreOutdated = true }

    // MARK: - Open interest by contract

    /// Forgets what was asked for in another time: somebody else has polled the feed since.
    public func forgetOpenInterest() { openInterest = OpenInterestRound() }

    /// Asks for the open interest of the next contracts in turn, leaving half of the budget to rates.
    /// - Parameter count: how many contracts; nil for all of the last poll.
    /// - Returns: the contracts that could not be asked.
    public func refreshOpenInterest(_ count: Int? = nil) async -> [ExchangeError] {
        let next = openInterest.next(count)
        var failures: [ExchangeError] = []
        await withTaskGroup(of: (FundingSnapshot, Result<Answer, ExchangeError>)?.self) { group in
            for (place, snapshot) in next.enumerated() {
                guard let request = adapter.openInterestRequest(of: snapshot.contract) else { continue }
                if place >= Limit.openInterestRequests, case (let done, let result)?? = await group.next() {
                    failures += keepOpenInterest(of: done, result)
                }
                group.addTask { [client] in (snapshot, await client.answer(to: request, .background)) }
            }
            for await case (let done, let result)? in group { failures += keepOpenInterest(of: done, result) }
        }
        return failures
    }

    /// Fills in the open interest that has been asked for since the poll.
    public func complete(_ poll: inout FeedPoll) { openInterest.complete(&poll.snapshots) }

    /// Whether the exchange tells open interest only contract by contract.
    public var asksOpenInterestByContract: Bool {
        openInterest.anyContract.map { adapter.openInterestRequest(of: $0) != nil } ?? false
    }

    private func keepOpenInterest(of snapshot: FundingSnapshot, _ result: Result<Answer, ExchangeError>)
        -> [ExchangeError]
    {
        do {
            let answer = try result.get()
            let interest = try adapter.openInterest(of: snapshot, in: answer, price: openInterest.price(of:))
            if let fault = Plausibility.fault(of: interest) { throw Rejection(fault) }
            openInterest.keep(interest, of: snapshot.contract.symbol)
            return []
        } catch let error as ExchangeError {
            return [error]
        } catch {
            return [unreadable("open-interest.\(snapshot.contract.symbol)", error)]
        }
    }

    // MARK: - Listings

    /// Asks for the listings that are due. Kept ones serve on if the exchange cannot answer now.
    private func refreshListings() async throws(ExchangeError) -> [ExchangeError] {
        if listingsAreOutdated, outdatedAt.map({ clock.now - $0 >= Limit.outdating }) ?? true {
            listingsAreOutdated = false
            outdatedAt = clock.now
            expireListings()
        }
        let due = adapter.listings.filter { request in
            guard let expiresAt = kept[request.label]?.expiresAt else { return true }
            return clock.now >= expiresAt
        }
        let asked = await ask(due)
        for listing in asked where listing.failure == nil {
            kept[listing.request.label] = KeptListing(
                answers: listing.answers, expiresAt: clock.now + adapter.profile.listingPeriod
            )
        }
        for listing in asked where listing.request.need == .required && kept[listing.request.label] == nil {
            if let fatal = listing.failure { throw fatal }
        }
        return asked.compactMap(\.failure)
    }

    /// The next poll asks for all of them again; until then, and if that fails, the kept ones serve on.
    private func expireListings() {
        for label in kept.keys { kept[label]?.expiresAt = nil }
    }

    // MARK: - Requests and their pages

    /// A request with all its pages, or why it has none.
    private struct Asked {
        var request: ExchangeRequest
        var answers: [Answer] = []
        var failure: ExchangeError?
    }

    /// Asks all requests side by side, and the pages that follow each in turn.
    private func ask(_ requests: [ExchangeRequest]) async -> [Asked] {
        await withTaskGroup(of: (Int, Asked).self) { group in
            for (place, request) in requests.enumerated() {
                group.addTask { (place, await self.pages(from: request)) }
            }
            var results: [(Int, Asked)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Part of a list would look like delisted contracts: a page that fails takes the others with it.
    private nonisolated func pages(from first: ExchangeRequest) async -> Asked {
        var answers: [Answer] = []
        var waiting = [first]
        while let request = waiting.popLast() {
            do {
                guard answers.count < Limit.pages else { throw Rejection("more than \(Limit.pages) pages") }
                let answer = try await client.answer(to: request, .live).get()
                answers.append(answer)
                waiting += try adapter.followUps(to: answer)
            } catch var error as ExchangeError {
                error.request = first.label
                return Asked(request: first, failure: error)
            } catch {
                return Asked(request: first, failure: unreadable(first.label, error))
            }
        }
        return Asked(request: first, answers: answers)
    }

    private nonisolated func unreadable(_ request: String, _ error: any Error) -> ExchangeError {
        adapter.failure(request, .unreadable, (error as? Rejection)?.reason ?? "\(error)")
    }
}
