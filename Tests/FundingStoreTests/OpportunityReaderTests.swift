import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

/// What the scanner writes is what the API reads.
@Suite(.needsPostgres)
struct OpportunityReaderTests {
    /// The contracts of a board of three.
    private static func listContracts(_ bench: SpreadBench) async throws {
        try await bench.owner.query(
            """
            INSERT INTO contract_metadata (
                   id, exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                   market_type, funding_interval_hours, status, first_seen_at, last_seen_at)
            OVERRIDING SYSTEM VALUE
            SELECT n, 'e' || n - 1, 'f', 'BTC' || n - 1, 'BTC', 'USDT', 'USDT', 1, 'linear', 'crypto', 1, 'active', now(),
                   now()
              FROM generate_series(1, 3) AS n
            """
        )
    }

    /// A leg's own risks are not stored.
    private static func stored(_ opportunity: Opportunity) -> Opportunity {
        var stored = opportunity
        stored.spread.long.risks = []
        stored.spread.short.risks = []
        return stored
    }

    @Test func aRowReadsBackAsItWasWritten() async throws {
        try await SpreadBench.with { bench in
            try await Self.listContracts(bench)
            let reader = OpportunityReader(bench.pool)
            let empty = try await reader.load()
            #expect(empty.rows.isEmpty && empty.progress.generation == 0 && empty.progress.computedAt == nil)
            let board = SpreadBench.board([-10, 20, 30])
            _ = try await bench.replace(board)
            let (progress, rows) = try await reader.load()
            let written = board.spreads.map(SpreadBench.opportunity).map(Self.stored)
            #expect(Set(rows.map(\.opportunity)) == Set(written))
            #expect(written.contains { $0.spread.risks.contains(.lowOpenInterest) })
            #expect(rows.allSatisfy { $0.generation == 1 && $0.since == SpreadBench.start })
            #expect(progress.generation == 1 && progress.computedAt == SpreadBench.start)
            #expect(progress.summary == ArbitrageSummary(of: board))
        }
    }

    @Test func onlyRowsOfLaterWritesAreReadAndTheKeysOfAll() async throws {
        try await SpreadBench.with { bench in
            try await Self.listContracts(bench)
            let board = SpreadBench.board([-10, 20, 30])
            _ = try await bench.replace(board)
            let moved = try #require(
                SpreadBench.board([-10, 20, 35]).spreads.first { $0.key == .init(long: 1, short: 3) })
            _ = try await bench.store.write(
                [SpreadBench.opportunity(moved)], removed: [.init(long: 2, short: 3)],
                summary: ArbitrageSummary(of: board), at: SpreadBench.start, leader: bench.leader)
            let reading = try await OpportunityReader(bench.pool).changes(after: 1)
            #expect(reading.progress.generation == 2)
            #expect(reading.changed.map(\.opportunity) == [Self.stored(SpreadBench.opportunity(moved))])
            #expect(reading.listed == [.init(long: 1, short: 2), .init(long: 1, short: 3)])
            #expect(try await OpportunityReader(bench.pool).changes(after: 2).changed.isEmpty)
        }
    }

    @Test func theWidestRankedPairsComeFirst() async throws {
        try await SpreadBench.with { bench in
            try await Self.listContracts(bench)
            let board = SpreadBench.board([-10, 20, 30])
            _ = try await bench.replace(board)
            let reader = OpportunityReader(bench.pool)
            let widest = try await reader.widest(2)
            #expect(widest.map(\.spread.key) == [.init(long: 1, short: 3), .init(long: 1, short: 2)])
            try await bench.owner.query(
                "UPDATE arbitrage_opportunities SET is_ranked = false WHERE long_contract_id = 1 AND short_contract_id = 3"
            )
            #expect(
                try await reader.widest(5).map(\.spread.key) == [.init(long: 1, short: 2), .init(long: 2, short: 3)])
        }
    }
}
