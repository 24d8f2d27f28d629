import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import TestSupport

@testable import FundingScanner

/// Keepers of alerts on one database, and a market that a test moves by hand.
struct AlertKeeperStage {
    var database: TemporaryDatabase
    var pool: PostgresPool
    var sample: SampleFeed

    func set(_ patch: String) async throws {
        _ = try await SettingsStore(pool).patch(Array(patch.utf8), author: "test", reason: "test")
    }

    /// What was decided, oldest first: rule, kind, subject.
    func log() async throws -> [String] {
        try await AlertStore(pool).log(limit: 100).reversed().map { decision in
            let kind =
                switch decision.kind {
                case .fired: "fired"
                case .ended: "ended"
                case .suppressed: "suppressed"
                }
            return "\(decision.rule) \(kind) \(decision.subject.key)"
        }
    }

    /// Commits a poll of one contract as a collector does.
    func write(interval: FundingInterval, at seconds: TimeInterval) async throws {
        try await FeedHealthStore(pool).register(
            sample.feed, exchange: sample.exchange, name: sample.exchangeName, kind: "cex", pollPeriod: 30)
        let leases = FeedLeases(try database.configuration(), holder: "test")
        guard let lease = try await leases.take(sample.feed) else { throw TestSupportError("the feed is taken") }
        _ = try await SnapshotStore(pool).write(
            sample.poll([sample.snapshot(every: interval, at: seconds)], at: seconds), lease: lease, published: 0)
        await leases.close()
    }

    /// - Parameter previous: gives its lease up before.
    func keeper(
        leads: Bool = true, after previous: RunningKeeper? = nil, scores: KnownScores? = nil
    ) async throws -> RunningKeeper {
        await previous?.close()
        return try await RunningKeeper(self, leads: leads, scores: scores)
    }
}

/// Scores of contracts, as a test has them.
struct KnownScores: ContractScores {
    var byID: [Int: Double]

    func zScores(of contracts: [Int], at now: Date) async -> [Int: Double] {
        byID.filter { contracts.contains($0.key) }
    }
}

/// A keeper with its election.
final class RunningKeeper {
    let election: LeaderElection
    let live: LiveSettings
    private let keeper: AlertKeeper
    private let sample: SampleFeed
    private let campaign: Task<Void, any Error>
    private var market = MarketState()
    private var rows: [String: LiveRate] = [:]
    private var sequence = 0

    init(_ stage: AlertKeeperStage, leads: Bool, scores: KnownScores?) async throws {
        let logger = Logger(label: "test")
        sample = stage.sample
        election = LeaderElection(
            ScannerLease(try stage.database.configuration(as: "funding_scanner"), holder: "test"), logger)
        live = LiveSettings(SettingsStore(stage.pool), logger)
        keeper = AlertKeeper(AlertStore(stage.pool), TermsStore(stage.pool), election, live, scores, logger)
        campaign = Task { [election] in try await election.run() }
        try await live.look()
        if leads { try await eventually { election.token != nil } }
    }

    /// Gives the lease up.
    func close() async {
        campaign.cancel()
        _ = await campaign.result
    }

    /// A poll brings these rates.
    func rates(_ rates: [(symbol: String, rate: Double)]) async {
        sequence += 1
        for (symbol, rate) in rates {
            let snapshot = sample.snapshot(symbol, rate: rate)
            rows[symbol] = LiveRate(
                id: symbol == "BTCUSDT" ? 1 : 2, contract: snapshot.contract, fundingRate: rate,
                interval: snapshot.interval, isContinuous: false, nextFundingTime: nil, markPrice: nil, indexPrice: nil,
                openInterest: nil, observedAt: sample.start, isActive: true, sequence: sequence)
        }
        let state = FeedState(
            feed: sample.feed, exchange: sample.exchange, exchangeName: sample.exchangeName, kind: "cex",
            sequence: sequence, pollPeriod: 30, status: .ok, lastSuccessAt: sample.start, observedAt: sample.start,
            consecutiveFailures: 0, errorKind: nil, contracts: rows.count, rejects: 0, duration: nil)
        guard let change = market.replace(state, with: Array(rows.values)) else { return }
        await tell(.rates(change))
    }

    /// The board's pairs of BTC on the stage's exchange and another, as its keeper writes them.
    /// - Parameter whole: these are all there are.
    /// - Returns: whether all should be told next.
    func pairs(_ board: inout SpreadBoard, here: Double, there: Double, whole: Bool = false) async -> Bool {
        let rows = [(1, sample, here), (2, SampleFeed("kraken", exchange: "kraken", start: sample.start), there)]
        board.update(
            rows.map { id, sample, rate in
                let snapshot = sample.snapshot(rate: rate)
                return LiveRate(
                    id: id, contract: snapshot.contract, fundingRate: rate, interval: snapshot.interval,
                    isContinuous: false, nextFundingTime: nil, markPrice: 100_000, indexPrice: nil,
                    openInterest: nil, observedAt: sample.start, isActive: true, sequence: 1)
            }, at: sample.start, staleAfter: { _ in 90 })
        let changes = board.takeChanges()
        let spreads = whole ? Array(board.spreads) : changes.added + changes.updated
        let written = spreads.map { spread in
            Opportunity(
                spread: spread, worth: SpreadWorth(spread, fees: [:], holdingHours: 24), worstDivergence: nil,
                statistics: nil, significance: nil)
        }
        return await keeper.follow(written, removed: whole ? nil : changes.removed, at: sample.start)
    }

    func tell(_ update: MarketUpdate, after seconds: TimeInterval = 0) async {
        await keeper.follow(update, in: market, at: sample.start.addingTimeInterval(seconds))
    }
}
