import Foundation
import FundingCore
import PostgresDriver
import TestSupport

@testable import FundingStore

/// A database with contracts on three exchanges, and the scanner's stores with its lease.
struct SpreadBench: Sendable {
    let pool: PostgresPool
    let owner: PostgresPool
    let store: OpportunityStore
    let history: SpreadHistoryStore
    let leader: ScannerLease.Token
    /// A full hour.
    static let start = Date(timeIntervalSince1970: 1_790_002_800)

    static func with(_ body: (SpreadBench) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { owner in
                try await database.withPool(
                    as: "funding_scanner",
                    onConnect: {
                        try await OpportunityStore.prepare($0)
                        try await SpreadHistoryStore.prepare($0)
                    }
                ) { pool in
                    let lease = ScannerLease(try database.configuration(as: "funding_scanner"), holder: "test")
                    guard let token = try await lease.take() else { throw TestSupportError("the lease is taken") }
                    let bench = SpreadBench(
                        pool: pool, owner: owner, store: OpportunityStore(pool), history: SpreadHistoryStore(pool),
                        leader: token)
                    do {
                        try await body(bench)
                    } catch {
                        await lease.close()
                        throw error
                    }
                    await lease.close()
                }
            }
        }
    }

    /// A board of contracts of one asset whose hourly rates are given, in millionths, by exchange.
    static func board(_ rates: [Double], asset: String = "BTC") -> SpreadBoard {
        var board = SpreadBoard()
        let live = rates.enumerated().map { index, rate in
            LiveRate(
                id: index + 1,
                contract: Contract(
                    exchange: ExchangeID(rawValue: "e\(index)"), feed: "f", symbol: "\(asset)\(index)",
                    baseAsset: asset, quoteAsset: "USDT", settleAsset: "USDT"),
                fundingRate: rate / 1e6, interval: .hourly, isContinuous: false,
                nextFundingTime: start.addingTimeInterval(3600), markPrice: 100, indexPrice: nil,
                openInterest: index == 0 ? OpenInterest(usd: 50_000) : nil, observedAt: start, isActive: true,
                sequence: 1)
        }
        board.update(live, at: start) { _ in 90 }
        return board
    }

    static func opportunity(_ spread: FundingSpread) -> Opportunity {
        Opportunity(
            spread: spread,
            worth: SpreadWorth(
                spread,
                fees: ["e0": TradingFees(taker: 0.0005, maker: nil), "e1": TradingFees(taker: 0.0004, maker: 0)],
                holdingHours: 100),
            worstDivergence: 0.02,
            statistics: SpreadStatistics(
                dataPoints: 700, mean: 1.5, standardDeviation: 0.5, zScore: -2.25, percentile: 3.4),
            significance: 4.5)
    }

    func replace(_ board: SpreadBoard) async throws -> Int {
        try await store.replace(
            with: board.spreads.map(Self.opportunity), summary: ArbitrageSummary(of: board), at: Self.start,
            leader: leader)
    }

    /// `long>short` of all rows, in order of their keys.
    func pairs(_ pool: PostgresPool? = nil) async throws -> [String] {
        try await (pool ?? self.pool).query(
            """
            SELECT long_contract_id || '>' || short_contract_id AS pair FROM arbitrage_opportunities
             ORDER BY long_contract_id, short_contract_id
            """
        ).map { try $0.decode("pair") }
    }
}
