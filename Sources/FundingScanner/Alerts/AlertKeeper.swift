import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging

/// Feeds the alert engine with what the market does and commits what it decides, as the leader alone.
///
/// What was committed is the truth: a new leader, new settings or a failed commit begin with what is stored, and then hear
/// everything anew.
actor AlertKeeper: MarketConsumer {
    private struct Session {
        var engine: AlertEngine
        var token: ScannerLease.Token
        var revision: Int
        /// Whether the engine has heard of all pairs.
        var knowsPairs = false
    }

    private enum Rhythm {
        /// How long Postgres is left alone after a failure.
        static let pause: TimeInterval = 5
    }

    private let store: AlertStore
    private let terms: TermsStore
    private let election: LeaderElection
    private let settings: LiveSettings
    /// Nil while nobody knows them: rules on scores hear nothing then.
    private let scores: (any ContractScores)?
    private let logger: Logger
    /// The market and the pairs come at once; each has to be decided and committed before the other.
    private let turn = Turn()
    private var session: Session?
    private var feeds = FeedAges()
    private var pausedUntil = Date.distantPast
    private var isFailing = false

    init(
        _ store: AlertStore, _ terms: TermsStore, _ election: LeaderElection, _ settings: LiveSettings,
        _ scores: (any ContractScores)?, _ logger: Logger
    ) {
        self.store = store
        self.terms = terms
        self.election = election
        self.settings = settings
        self.scores = scores
        self.logger = logger
    }

    func follow(_ update: MarketUpdate, in market: MarketState, at now: Date) async {
        await turn.with { await evaluate(update, in: market, at: now) }
    }

    private func evaluate(_ update: MarketUpdate, in market: MarketState, at now: Date) async {
        guard let token = election.token else {
            session = nil
            return
        }
        guard now >= pausedUntil else { return }
        do {
            let current = settings.current
            if session == nil || session?.token != token || session?.revision != current.revision {
                try await begin(token, current, market, now)
            } else {
                try await take(inputs(of: update, in: market, now), now)
            }
            isFailing = false
        } catch {
            fail(error, now)
        }
    }

    private func begin(
        _ token: ScannerLease.Token, _ current: LiveSettings.Picture, _ market: MarketState, _ now: Date
    ) async throws {
        session = nil
        let alerts = current.settings.alerts
        let stored = try await store.load(rules: Array(alerts.rules.keys), at: now)
        session = Session(
            engine: AlertEngine(alerts, states: stored.states, sent: stored.sent, at: now), token: token,
            revision: current.revision)
        feeds = FeedAges()
        try await take(everything(in: market, now), now)
    }

    private func take(_ inputs: [AlertInput], _ now: Date) async throws {
        guard var taken = session else { return }
        // Should the commit fail, the engine has decided what is not stored: it is let go. And nobody else holds it, so
        // that none of its states is copied.
        session = nil
        let outcome = taken.engine.evaluate(inputs, at: now)
        try await store.record(outcome, taken.token, at: now)
        session = taken
        guard !outcome.isEmpty else { return }
        Failpoint.pass("after_alert_commit")
        for message in outcome.messages {
            let first = message.decisions[0]
            logger.info(
                "alert",
                metadata: [
                    "rule": "\(first.rule)", "kind": "\(first.kind == .ended ? "ended" : "fired")",
                    "subjects": "\(message.decisions.count)", "first": "\(first.subject.key)",
                ])
        }
    }

    private func fail(_ error: any Error, _ now: Date) {
        session = nil
        pausedUntil = now.addingTimeInterval(Rhythm.pause)
        guard !Task.isCancelled, !isFailing, !(error is LeadershipLost) else { return }
        isFailing = true
        logger.error("alerts not evaluated", metadata: ["error": "\(error)"])
    }
}

// MARK: - Pairs

extension AlertKeeper: OpportunityConsumer {
    func follow(_ opportunities: [Opportunity], removed: [FundingSpread]?, at now: Date) async -> Bool {
        await turn.with { await evaluate(opportunities, removed: removed, at: now) }
    }

    private func evaluate(_ opportunities: [Opportunity], removed: [FundingSpread]?, at now: Date) async -> Bool {
        guard let token = election.token else { return false }
        // As soon as the market has brought one, it wants to know them all.
        guard session?.token == token else { return true }
        guard session?.engine.looks(at: AlertKind.ofPairs) == true else { return false }
        var inputs = AlertInput.pairs(opportunities, removed: removed ?? [])
        if removed == nil {
            let known = Set(inputs.map(\.subject))
            inputs += (session?.engine.openPairs ?? []).subtracting(known).map(AlertInput.gone)
        }
        do {
            try await take(inputs, now)
            if removed == nil { session?.knowsPairs = true }
        } catch {
            fail(error, now)
        }
        return session?.knowsPairs != true
    }
}

// MARK: - What the engine hears

extension AlertKeeper {
    /// Everything that is known, for an engine that has just begun.
    private func everything(in market: MarketState, _ now: Date) async throws -> [AlertInput] {
        guard let engine = session?.engine else { return [] }
        var inputs = feeds.ages(of: market, switches, at: now)
        if engine.looks(at: AlertInput.contractKinds) {
            inputs += await readings(of: Array(market.allRates), in: market, now)
        }
        if engine.looks(at: [.termsChange]) {
            let events = try await terms.changes(since: now.addingTimeInterval(-AlertEngine.newsAge))
            inputs += events.flatMap(AlertInput.changes(of:))
        }
        return inputs
    }

    private var switches: FeedSwitches { FeedSwitches(settings.current.settings.exchanges) }

    private func inputs(of update: MarketUpdate, in market: MarketState, _ now: Date) async -> [AlertInput] {
        guard let engine = session?.engine else { return [] }
        var inputs: [AlertInput] = []
        switch update {
        case .rates(let change):
            guard engine.looks(at: AlertInput.contractKinds) else { break }
            let symbols = market.rates[change.feed] ?? [:]
            inputs += await readings(
                of: (change.changed.map(\.symbol) + change.removed).compactMap { symbols[$0] }, in: market, now)
        case .terms(let event): inputs += AlertInput.changes(of: event)
        case .beat:
            let (ages, returned) = feeds.look(at: market, switches, now)
            inputs += ages
            guard engine.looks(at: AlertInput.contractKinds) else { break }
            for feed in returned {
                inputs += await readings(of: Array((market.rates[feed] ?? [:]).values), in: market, now)
            }
        case .began, .feeds, .settlements: break
        }
        return inputs
    }

    /// What is known of contracts: nothing of one that is not listed any more, or that nobody has seen lately.
    private func readings(of rates: [LiveRate], in market: MarketState, _ now: Date) async -> [AlertInput] {
        let scores = await scores?.zScores(of: rates.map(\.id), at: now) ?? [:]
        return rates.map { rate in
            let subject = AlertSubject.contract(AlertContract(rate.contract))
            guard rate.isActive, market.freshness(of: rate, at: now) == .fresh else { return .gone(subject) }
            var values = AlertValues()
            values.fundingRate = rate.fundingRate
            values.apr = rate.apr
            values.zScore = scores[rate.id]
            return .reading(subject, values)
        }
    }
}
