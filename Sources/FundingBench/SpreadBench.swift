import Foundation
import FundingCore
import FundingStore
import PostgresDriver

/// Scans all that the live table holds, and brings single changes to committed rows, in turns: a change has to cost what it
/// touches.
struct SpreadBench {
    private let postgres: PostgresConfiguration
    private let rounds: Int

    init(_ postgres: PostgresConfiguration, rounds: Int) {
        self.postgres = postgres
        self.rounds = rounds
    }

    /// A change of one rate, a poll of one exchange in which every rate moves, and everything.
    func scans() async throws -> [BenchRow] {
        let pool = PostgresPool(postgres, size: 2) { try await OpportunityStore.prepare($0) }
        let lease = ScannerLease(postgres, holder: "bench")
        guard let leader = try await lease.take() else { fatalError("the bench's database is in use") }
        let store = OpportunityStore(pool)
        let now = Date()
        let rates = try await LiveRateStore(pool).load().rates.map { rate in
            var young = rate
            young.observedAt = now
            return young
        }
        var board = SpreadBoard()
        board.update(rates, at: now) { _ in Freshness.staleAfter }
        _ = board.takeChanges()
        let everything = board.spreads.map(Self.opportunity)
        _ = try await store.replace(
            with: everything, summary: ArbitrageSummary(of: board), at: now, leader: leader)

        var scan = Timings()
        var whole = Timings()
        for _ in 0..<rounds {
            await scan.time {
                var fresh = SpreadBoard()
                fresh.update(rates, at: now) { _ in Freshness.staleAfter }
                precondition(fresh.takeChanges().added.count == everything.count, "a scan finds every pair")
            }
            try await whole.time {
                _ = try await store.replace(
                    with: everything, summary: ArbitrageSummary(of: board), at: now, leader: leader)
            }
        }
        var event = Timings()
        var pairs = 0
        for round in 0..<(rounds * 10) {
            var moved = rates[(round * 7919) % rates.count]
            moved.fundingRate += 1e-7 * Double(round + 1)
            try await event.time {
                board.update([moved], at: now) { _ in Freshness.staleAfter }
                let changes = board.takeChanges()
                pairs += changes.added.count + changes.updated.count + changes.removed.count
                _ = try await store.write(
                    (changes.added + changes.updated).map(Self.opportunity), removed: changes.removed.map(\.key),
                    summary: ArbitrageSummary(of: board), at: now, leader: leader)
            }
        }
        await lease.close()
        await pool.close()
        return [
            BenchRow(
                name: "spreads_full_scan",
                figures: [
                    ("contracts", Double(rates.count)), ("pairs", Double(everything.count)), ("scan_ms", scan.median),
                    ("committed_ms", whole.median),
                ]),
            BenchRow(
                name: "spreads_one_rate_to_committed",
                figures: [
                    ("p50_ms", event.median), ("p99_ms", event.percentile(0.99)),
                    ("pairs_touched", Double(pairs) / Double(rounds * 10)),
                    ("ratio_to_all_committed", event.median / whole.median),
                ]),
        ]
    }

    private static func opportunity(_ spread: FundingSpread) -> Opportunity {
        Opportunity(
            spread: spread, worth: SpreadWorth(spread, fees: fees, holdingHours: 168), worstDivergence: nil,
            statistics: nil, significance: nil)
    }

    private static let fees: [ExchangeID: TradingFees] = [
        "binance": TradingFees(taker: 0.0005, maker: 0.0002), "bybit": TradingFees(taker: 0.00055, maker: 0.0002),
    ]
}
