import Foundation
import FundingCore
import FundingExchanges
import FundingStore
import Logging

/// Fetches a feed's new settlements soon after they fall due: for all contracts at once where the exchange can, else
/// contract by contract.
actor SettlementFollower {
    private enum Rhythm {
        static let look: TimeInterval = 60
        /// How long what is known of contracts and their last payments is believed.
        static let reload: TimeInterval = 600
    }

    private enum Limit {
        /// A payment that is not there after so many looks is left to the hourly sweep.
        static let looks = 5
        /// The longest interval, and a little.
        static let reach: TimeInterval = 26 * 3600
        /// How far around a slot its payments are stamped.
        static let jitter: TimeInterval = 90
    }

    private struct Awaited {
        var contract: HistoryContract
        var slot: Date
        var looks = 0
    }

    private let fetcher: HistoryFetcher
    private let stores: BackfillStores
    private let logger: Logger
    private let profile: ExchangeProfile
    private var awaited: [Int: Awaited] = [:]
    private var loadedAt = Date.distantPast

    init(_ fetcher: HistoryFetcher, _ stores: BackfillStores, _ logger: Logger) {
        self.fetcher = fetcher
        self.stores = stores
        self.logger = logger
        profile = fetcher.adapter.profile
    }

    /// Looks every minute until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await look(at: Date())
            } catch is CancellationError {
                return
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("settlements not followed", metadata: ["feed": "\(profile.feed)", "error": "\(error)"])
            }
            let now = Date().timeIntervalSince1970
            let next = ((now / Rhythm.look).rounded(.down) + 1) * Rhythm.look
            do { try await ContinuousClock().sleep(for: .seconds(next - now)) } catch { return }
        }
    }

    private func look(at now: Date) async throws {
        // An empty database fills while the first sweep runs.
        if awaited.isEmpty || now.timeIntervalSince(loadedAt) > Rhythm.reload { try await load(at: now) }
        let due = dueContracts(at: now)
        guard !due.isEmpty else { return }
        // Another process's backfill brings these too; one of our own does not wait for them.
        let isOurs = await stores.locks.exchanges.contains(profile.exchange)
        if !isOurs { guard try await stores.locks.take(profile.exchange) else { return } }
        defer { if !isOurs { giveBack() } }
        for awaited in due { self.awaited[awaited.contract.id]?.looks += 1 }
        try await fetch(due, at: now)
        // What has come is awaited no more; the next is.
        try await load(at: now)
        let missing = dueContracts(at: now).count
        logger.info(
            "settlements followed",
            metadata: ["feed": "\(profile.feed)", "due": "\(due.count)", "missing": "\(missing)"])
    }

    private func giveBack() {
        Task { [stores, exchange = profile.exchange, logger] in
            do { try await stores.locks.giveBack(exchange) } catch {
                logger.debug("lock not given back", metadata: ["exchange": "\(exchange)", "error": "\(error)"])
            }
        }
    }

    private func dueContracts(at now: Date) -> [Awaited] {
        awaited.values.filter {
            $0.slot.addingTimeInterval(profile.publicationDelay) <= now && $0.looks < Limit.looks
        }
    }

    /// Reads which contracts are listed and when each will pay next. A contract without a stored payment is left to the
    /// sweep.
    private func load(at now: Date) async throws {
        let contracts = try await stores.history.contracts(feeds: [profile.feed], symbols: nil).filter(\.isActive)
        let stored = try await stores.history.points(
            of: contracts.map(\.id), during: now.addingTimeInterval(-Limit.reach)...now)
        var next: [Int: Awaited] = [:]
        for contract in contracts {
            guard let last = stored[contract.id]?.last else { continue }
            // A shorter interval than before shows in the terms first.
            let interval = min(last.interval, contract.interval)
            let slot = last.fundingTime.addingTimeInterval(Double(interval.minutes) * 60)
            let looks = awaited[contract.id].map { $0.slot == slot ? $0.looks : 0 } ?? 0
            next[contract.id] = Awaited(contract: contract, slot: slot, looks: looks)
        }
        awaited = next
        loadedAt = now
    }

    private func fetch(_ due: [Awaited], at now: Date) async throws {
        let slots = Set(due.map(\.slot)).sorted()
        let first = slots.first ?? now
        let progress = RunProgress([profile])
        let backfill = FeedBackfill(fetcher: fetcher, stores: stores, progress: progress, logger: logger)
        var rest = due.map(\.contract)
        for slot in slots.suffix(2) {
            let brought = try await backfill.store(slot: slot, of: due.map(\.contract), within: Limit.jitter)
            guard let brought else { break }
            rest.removeAll { brought.contains($0.id) }
            // What the bulk answer lacks is not published yet.
            if slot == slots.last, slots.count == 1 { rest = [] }
        }
        guard !rest.isEmpty else { return }
        try await backfill.fill(rest, during: first...now, scope: .missing)
    }
}
