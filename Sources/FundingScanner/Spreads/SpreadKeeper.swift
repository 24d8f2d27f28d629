import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// Keeps `arbitrage_opportunities` what the market makes of it: follows the market on a board and, as the leader, writes
/// what changed and then tells of it.
///
/// The board follows at once; writing takes its own time, and what changes meanwhile is one change for the next write. At
/// most a quarter of the time is spent writing: a market in motion must not keep the database and all who hear of its pairs
/// from everything else.
actor SpreadKeeper: MarketConsumer, Service {
    private enum Limits {
        /// An event that names more pairs, some two megabytes of them, says only that the table has to be read.
        static let pairsAnEvent = 6000
    }

    private var board: SpreadBoard
    private var hours: SpreadHours
    private var scan = ScanSettings()
    private let stores: SpreadStores
    private let judge: (any SpreadJudge)?
    private let consumer: (any OpportunityConsumer)?
    private let election: LeaderElection
    private let settings: LiveSettings
    private let events: EventPublisher
    private let logger: Logger
    /// Nil until they were read: nothing is written before.
    private var fees: [ExchangeID: TradingFees]?
    private var marks = MarkHistory()
    /// Which feed last told of a contract.
    private var owners: [Int: FeedID] = [:]
    /// Pairs whose spread stands out among its past.
    private var significant: Set<FundingSpread.Key> = []
    /// As which leader the table was last written.
    private var written: ScannerLease.Token?
    /// Single changes will not do: nobody knows what the table holds, or every pair is worth something else.
    private var isWholeDue = true
    /// The consumer has asked for all pairs.
    private var isTellingDue = false
    private var hasBegun = false
    private var isFailing = false
    private let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(
        _ stores: SpreadStores, judge: (any SpreadJudge)?, consumer: (any OpportunityConsumer)? = nil,
        election: LeaderElection, settings: LiveSettings, events: EventPublisher, _ logger: Logger
    ) {
        self.consumer = consumer
        board = SpreadBoard(scan.policy)
        hours = SpreadHours(floorAPR: scan.policy.carryFloorAPR)
        self.stores = stores
        self.judge = judge
        self.election = election
        self.settings = settings
        self.events = events
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let clock = ContinuousClock()
            for await _ in self.wishes {
                let started = clock.now
                await self.write()
                do { try await clock.sleep(for: (clock.now - started) * 3) } catch { return }
            }
        }
    }

    // MARK: - Following

    func follow(_ update: MarketUpdate, in market: MarketState, at now: Date) async {
        adopt(settings.current.settings.scanner, in: market, at: now)
        switch update {
        case .began:
            for feed in market.feeds.keys { take(feed, of: market, at: now) }
            hasBegun = true
        case .rates(let change) where change.isPartial:
            let rows = market.rates[change.feed] ?? [:]
            let moved = (change.changed.map(\.symbol) + change.removed).compactMap { rows[$0] }
            board.update(moved, at: now) { market.staleAfter($0) }
        case .rates(let change): take(change.feed, of: market, at: now)
        case .beat: board.advance(to: now)
        case .feeds, .terms, .settlements: return
        }
        wish.yield()
    }

    /// Takes over what operators have decided. Every pair may be worth something else then.
    private func adopt(_ scan: ScanSettings, in market: MarketState, at now: Date) {
        guard scan != self.scan else { return }
        self.scan = scan
        board.adopt(scan.policy, at: now) { market.staleAfter($0) }
        hours.floorAPR = scan.policy.carryFloorAPR
        isWholeDue = true
    }

    /// Takes over all of a feed's rows: a poll that saw them all has made them young, moved or not.
    private func take(_ feed: FeedID, of market: MarketState, at now: Date) {
        let rows = market.rates[feed] ?? [:]
        board.update(rows.values, at: now) { market.staleAfter($0) }
        let ids = Set(rows.values.map(\.id))
        for id in ids { owners[id] = feed }
        let gone = owners.filter { $0.value == feed && !ids.contains($0.key) }.keys
        for id in gone { owners[id] = nil }
        board.remove(gone, at: now)
    }

    /// Takes over what is known of contracts beside their rates.
    func learn(_ facts: [Int: ContractFacts], at now: Date) {
        board.learn(facts, at: now)
        wish.yield()
    }

    /// Takes over what trading costs. Every pair is worth something else then.
    func learn(_ fees: [ExchangeID: TradingFees]) {
        guard fees != self.fees else { return }
        self.fees = fees
        isWholeDue = true
        wish.yield()
    }

    /// Takes over the prices of settlements; pairs are measured by them as they are written.
    func learn(_ marks: MarkHistory) { self.marks = marks }

    // MARK: - Writing

    private func write() async {
        guard hasBegun, let fees, let leader = election.token else {
            isWholeDue = true
            hours = SpreadHours(floorAPR: board.policy.carryFloorAPR)
            return
        }
        let now = Date()
        let isWhole = isWholeDue || written != leader
        let changes = board.takeChanges()
        guard isWhole || !changes.isEmpty else { return }
        isWholeDue = false
        let spreads = isWhole ? Array(board.spreads) : changes.added + changes.updated
        hours.follow(spreads, removed: changes.removed, at: now)
        var summary = ArbitrageSummary(of: board)
        let opportunities = await opportunities(of: spreads, fees: scan.fees(over: fees), at: now)
        count(opportunities, removed: changes.removed, isWhole: isWhole)
        summary.significant = significant.count
        do {
            let generation =
                isWhole
                ? try await stores.opportunities.replace(
                    with: opportunities, summary: summary, at: now, leader: leader)
                : try await stores.opportunities.write(
                    opportunities, removed: changes.removed.map(\.key), summary: summary, at: now, leader: leader)
            written = leader
            Failpoint.pass("after_spreads_commit")
            noteWritten(generation, pairs: isWhole ? opportunities.count : nil)
            await publish(
                Self.event(generation, at: now, opportunities, isWhole ? nil : changes, summary))
            await tell(opportunities, removed: isWhole ? nil : changes.removed, fees: fees, at: now)
        } catch {
            guard !Task.isCancelled else { return }
            isWholeDue = true
            if !isFailing { logger.error("spreads not written", metadata: ["error": "\(error)"]) }
            isFailing = true
        }
    }

    /// Tells the consumer of what was written, or of all pairs if it has asked for them.
    private func tell(
        _ written: [Opportunity], removed: [FundingSpread]?, fees: [ExchangeID: TradingFees], at now: Date
    ) async {
        guard let consumer else { return }
        guard isTellingDue, removed != nil else {
            isTellingDue = await consumer.follow(written, removed: removed, at: now)
            return
        }
        let all = await opportunities(of: Array(board.spreads), fees: scan.fees(over: fees), at: now)
        isTellingDue = await consumer.follow(all, removed: nil, at: now)
    }

    private func count(_ opportunities: [Opportunity], removed: [FundingSpread], isWhole: Bool) {
        if isWhole { significant.removeAll(keepingCapacity: true) }
        for spread in removed { significant.remove(spread.key) }
        for opportunity in opportunities {
            if opportunity.statistics?.isSignificant == true {
                significant.insert(opportunity.spread.key)
            } else {
                significant.remove(opportunity.spread.key)
            }
        }
    }

    private func opportunities(
        of spreads: [FundingSpread], fees: [ExchangeID: TradingFees], at now: Date
    ) async -> [Opportunity] {
        let floor = board.policy.carryFloorAPR
        let holdingHours = board.policy.holdingHours
        let asked = spreads.filter { $0.isRanked && $0.aprSpread >= floor }
        let judgements = await judge?.judge(asked, at: now) ?? []
        let judged = Dictionary(uniqueKeysWithValues: zip(asked.map(\.key), judgements))
        return spreads.map { spread in
            let isAsked = spread.isRanked && spread.aprSpread >= floor
            return Opportunity(
                spread: spread, worth: SpreadWorth(spread, fees: fees, holdingHours: holdingHours),
                worstDivergence: isAsked
                    ? marks.worstDivergence(long: spread.long.id, short: spread.short.id) : nil,
                judgement: judged[spread.key])
        }
    }

    private func noteWritten(_ generation: Int, pairs: Int?) {
        if let pairs {
            logger.info("spreads written", metadata: ["pairs": "\(pairs)", "seq": "\(generation)"])
        } else if isFailing {
            logger.notice("spreads written again", metadata: ["seq": "\(generation)"])
        }
        isFailing = false
    }

    /// - Parameter changes: nil if everything was written anew.
    private static func event(
        _ generation: Int, at now: Date, _ opportunities: [Opportunity], _ changes: SpreadChanges?,
        _ summary: ArbitrageSummary
    ) -> ArbitrageEvent {
        var event = ArbitrageEvent(
            sequence: generation, computedAt: now, isWhole: true, added: [], updated: [], removed: [], summary: summary)
        guard let changes, opportunities.count + changes.removed.count <= Limits.pairsAnEvent else { return event }
        event.isWhole = false
        // They were made of the added ones, then of the updated.
        event.added = Array(opportunities.prefix(changes.added.count))
        event.updated = Array(opportunities.dropFirst(changes.added.count))
        event.removed = changes.removed.map(\.key)
        return event
    }

    private func publish(_ event: ArbitrageEvent) async {
        do {
            // In a task of its own: what is committed is told of, even if this process was told to end meanwhile.
            try await Task { [events] in try await events.publish(event) }.value
        } catch {
            // Readers see the hole in the sequence at the next event and read the table.
            logger.debug("event not published", metadata: ["seq": "\(event.sequence)", "error": "\(error)"])
        }
    }

    // MARK: - Hours

    /// What was observed of pairs since the last call; nothing on a standby.
    func takeHours(at now: Date) -> [SpreadHour] { hours.take(at: now) }
}
