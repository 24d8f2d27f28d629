import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

@Suite(.needsPostgres)
struct OpportunityStoreTests {
    @Test func aRowSaysWhatThePairIsWorth() async throws {
        try await SpreadBench.with { bench in
            #expect(try await bench.replace(SpreadBench.board([-10, 20])) == 1)
            let row = try await bench.pool.query("SELECT * FROM arbitrage_opportunities")[0]
            let texts: [String: String] = [
                "asset": "BTC", "market_type": "crypto", "long_exchange": "e0", "long_contract": "BTC0",
                "short_exchange": "e1", "short_contract": "BTC1", "arbitrage_type": "opposite_sign",
                "identity": "proven",
            ]
            for (column, expected) in texts { #expect(try row.decode(column) == expected, "\(column)") }
            let numbers: [String: Double?] = [
                "long_rate": -1e-5, "short_rate": 2e-5, "long_interval_hours": 1, "long_apr": -8.76, "short_apr": 17.52,
                "long_open_interest": 50_000, "short_open_interest": nil, "combined_open_interest": nil,
                "rate_spread": 3e-5, "effective_hourly_spread": 3e-5, "daily_spread": 72e-5, "apr_spread": 26.28,
                "sync_period_hours": 1, "mark_price_gap_pct": 0, "round_trip_fee": 0.0018, "holding_hours": 100,
                "net_return": 0.0012, "net_apr": 10.512, "break_even_hours": 60, "worst_divergence": 0.02,
                "spread_zscore": -2.25, "spread_mean": 1.5, "spread_std_dev": 0.5, "spread_percentile": 3.4,
                "significance_score": 4.5,
            ]
            for (column, expected) in numbers {
                let found: Double? = try row.decode(column)
                #expect((found == nil) == (expected == nil), "\(column)")
                #expect(abs((found ?? 0) - (expected ?? 0)) < 1e-9, "\(column)")
            }
            #expect(try row.decode("is_ranked") == true)
            #expect(try row.decode("risk_flags") == ["low_oi"])
            #expect(try row.decode("break_even_settlements") == 60)
            #expect(try row.decode("spread_data_points") == 700)
            #expect(try row.decode("long_next_funding_time") == SpreadBench.start.addingTimeInterval(3600))
        }
    }

    @Test func aWriteAddsUpdatesAndRemovesAsOneGeneration() async throws {
        try await SpreadBench.with { bench in
            var board = SpreadBench.board([-10, 20, 30])
            #expect(try await bench.replace(board) == 1)
            _ = board.takeChanges()
            #expect(try await bench.pairs() == ["1>2", "1>3", "2>3"])
            let moved = SpreadBench.board([25, 20, 30]).spreads
            let changes: (changed: [FundingSpread], removed: [FundingSpread.Key]) = (
                moved.filter { [1, 3] != [$0.long.id, $0.short.id] && $0.key != .init(long: 2, short: 3) }
                    + moved.filter { $0.key == .init(long: 1, short: 3) },
                [.init(long: 1, short: 2)]
            )
            let generation = try await bench.store.write(
                changes.changed.map(SpreadBench.opportunity), removed: changes.removed,
                summary: ArbitrageSummary(of: board), at: SpreadBench.start.addingTimeInterval(5), leader: bench.leader)
            #expect(generation == 2)
            #expect(try await bench.pairs() == ["1>3", "2>1", "2>3"])
            let rows = try await bench.pool.query(
                "SELECT generation, since FROM arbitrage_opportunities ORDER BY long_contract_id, short_contract_id")
            #expect(try rows.map { try $0.decode("generation", as: Int.self) } == [2, 2, 1])
            let since = try rows.map { try $0.decode("since", as: Date.self).timeIntervalSince(SpreadBench.start) }
            #expect(since == [0, 5, 0], "a pair that stays keeps its age, one that flips begins anew")
            #expect(try await bench.store.generation().number == 2)
        }
    }

    @Test func theWholeBoardReplacesWhateverWasThere() async throws {
        try await SpreadBench.with { bench in
            _ = try await bench.replace(SpreadBench.board([1, 2, 3, 4]))
            #expect(try await bench.pairs().count == 6)
            #expect(try await bench.replace(SpreadBench.board([2, 1])) == 2)
            #expect(try await bench.pairs() == ["2>1"])
            #expect(try await bench.replace(SpreadBench.board([1, 1])) == 3)
            #expect(try await bench.pairs().isEmpty)
        }
    }

    @Test func readersSeeOneGenerationOrTheOther() async throws {
        try await SpreadBench.with { bench in
            _ = try await bench.replace(SpreadBench.board([1, 2, 3]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 1...40 {
                        let rates: [Double] = round % 2 == 0 ? [1, 2, 3] : [3, 2, 1]
                        _ = try await bench.replace(SpreadBench.board(rates))
                    }
                }
                group.addTask {
                    let wholes = Set([["1>2", "1>3", "2>3"], ["2>1", "3>1", "3>2"]])
                    for _ in 1...200 {
                        let pairs = try await bench.pairs(bench.owner)
                        #expect(wholes.contains(pairs))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aScannerThatNoLongerLeadsWritesNothing() async throws {
        try await SpreadBench.with { bench in
            _ = try await bench.replace(SpreadBench.board([1, 2]))
            try await bench.owner.query("UPDATE scanner_lease SET token = token + 1")
            let board = SpreadBench.board([5, 2, 9])
            await #expect(throws: LeadershipLost.self) { try await bench.replace(board) }
            await #expect(throws: LeadershipLost.self) {
                try await bench.store.write(
                    [], removed: [.init(long: 1, short: 2)], summary: ArbitrageSummary(of: board),
                    at: SpreadBench.start, leader: bench.leader)
            }
            #expect(try await bench.pairs() == ["1>2"])
            #expect(try await bench.store.generation().number == 1)
        }
    }

    @Test func feesThatNobodyDocumentsAreUnknown() async throws {
        try await SpreadBench.with { bench in
            let fees = try await SpreadFactsStore(bench.pool).fees()
            #expect(fees["binance"] == TradingFees(taker: 0.0005, maker: 0.0002))
            #expect(fees["mexc"] == TradingFees(taker: nil, maker: nil))
            let sources = try await bench.pool.query(
                "SELECT exchange FROM exchange_fees WHERE taker IS NOT NULL AND source NOT LIKE 'https://%'")
            #expect(sources.isEmpty, "a figure has its page")
        }
    }
}
