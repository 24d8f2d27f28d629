import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

@Suite(.needsPostgres)
struct SpreadHistoryTests {
    private let start = SpreadBench.start

    private func hour(
        _ index: Int, _ values: (open: Double, high: Double, low: Double, close: Double), average: Double,
        seconds: Double
    ) -> SpreadHour {
        var hours = SpreadHours(floorAPR: 0)
        hours.follow(
            [SpreadBench.board([0, 1]).spreads.first!], removed: [], at: start.addingTimeInterval(Double(index) * 3600))
        var hour = hours.take(at: start.addingTimeInterval(Double(index) * 3600 + 1))[0]
        (hour.open, hour.high, hour.low, hour.close) = values
        hour.average = average
        hour.seconds = seconds
        return hour
    }

    @Test func partsOfAnHourAddUp() async throws {
        try await SpreadBench.with { bench in
            try await bench.history.maintainPartitions(from: start, to: start)
            try await bench.history.add([hour(0, (5, 7, 4, 6), average: 5, seconds: 900)], leader: bench.leader)
            try await bench.history.add([hour(0, (6, 9, 6, 8), average: 9, seconds: 300)], leader: bench.leader)
            let row = try await bench.pool.query("SELECT * FROM arbitrage_spreads")[0]
            let values = try ["open", "high", "low", "close", "average", "seconds"].map { name -> Double in
                try row.decode(name)
            }
            #expect(values == [5, 9, 4, 8, 6, 1200])
        }
    }

    @Test func whatWasObservedStandsAboveWhatWasDerived() async throws {
        try await SpreadBench.with { bench in
            try await bench.history.maintainPartitions(from: start, to: start)
            try await bench.history.add([hour(0, (1, 1, 1, 1), average: 1, seconds: 0)], leader: bench.leader)
            try await bench.history.add([hour(0, (5, 7, 4, 6), average: 5, seconds: 60)], leader: bench.leader)
            let row = try await bench.pool.query("SELECT open, high, low, average FROM arbitrage_spreads")[0]
            #expect(try (0..<4).map { try row.decode($0, as: Double.self) } == [5, 7, 4, 5])
        }
    }

    /// Hourly and eight-hourly legs meet at the ends of hours; contracts that are not one asset do not meet.
    @Test func thePastIsDerivedFromSettledPaymentsForAllPairsAtOnce() async throws {
        try await SpreadBench.with { bench in
            try await contracts(bench)
            // Contract 1 pays every eight hours, at 08:00 after the start; contract 2 every hour, but once.
            try await bench.owner.query(
                """
                INSERT INTO funding_rates_historical (contract_id, funding_time, funding_rate, funding_interval_hours)
                SELECT 1, \(start)::timestamptz + interval '8 hours', 0.0008, 8
                UNION ALL SELECT 2, \(start)::timestamptz + make_interval(hours => h), 0.0001 * h, 1
                  FROM generate_series(1, 8) h WHERE h <> 5
                UNION ALL SELECT id, \(start)::timestamptz + interval '8 hours', 0.004, 8 FROM generate_series(3, 6) id
                """
            )
            try await bench.history.maintainPartitions(from: start, to: start.addingTimeInterval(86_400))
            let last = start.addingTimeInterval(7 * 3600)
            let stored = try await bench.history.derive(start...last, floorAPR: 50)
            let rows = try await bench.pool.query(
                "SELECT * FROM arbitrage_spreads WHERE contract_a = 1 AND contract_b = 2 ORDER BY bucket")
            // h(2) − h(1) at the end of hour n is (n − 1)·0.0001: nothing at the first, unknown at the fifth.
            #expect(
                try rows.map { try $0.decode("bucket", as: Date.self).timeIntervalSince(start) / 3600 } == [
                    1, 2, 3, 5, 6, 7,
                ])
            for row in rows {
                let hour = try row.decode("bucket", as: Date.self).timeIntervalSince(start) / 3600
                #expect(abs(try row.decode("close", as: Double.self) - hour * 87.6) < 1e-9)
                #expect(abs(try row.decode("rate_b", as: Double.self) - (hour + 1) * 1e-4) < 1e-15)
            }
            let pairs = try await bench.pool.query(
                "SELECT DISTINCT contract_a, contract_b FROM arbitrage_spreads ORDER BY 1, 2")
            // Not 1 and 3 (one exchange), not 4 (another price), not 5 (a share), not 6 (priced in coins).
            #expect(
                try pairs.map { [try $0.decode(0, as: Int.self), try $0.decode(1, as: Int.self)] } == [
                    [1, 2], [2, 3],
                ])
            #expect(stored == 6 + 8 - 1)
        }
    }

    @Test func gapsAreFoundByTheDayAndAgainWhenPaymentsArrive() async throws {
        try await SpreadBench.with { bench in
            try await contracts(bench)
            let end = start.addingTimeInterval(30 * 3600)
            func at(_ hours: Int) -> Date { start.addingTimeInterval(Double(hours) * 3600) }
            func pay(_ contract: Int, _ hours: ClosedRange<Int>, rate: Double) async throws {
                try await bench.owner.query(
                    """
                    INSERT INTO funding_rates_historical (contract_id, funding_time, funding_rate, funding_interval_hours)
                    SELECT \(Int32(contract)), \(start)::timestamptz + make_interval(hours => h), \(rate), 1
                      FROM generate_series(\(Int32(hours.lowerBound)), \(Int32(hours.upperBound))) h
                    """)
            }
            try await bench.owner.query("SELECT ensure_history_partition(\(end))")
            try await bench.history.maintainPartitions(from: start, to: end)
            #expect(try await bench.history.gaps(from: start, to: end).isEmpty, "nothing was paid")

            try await pay(1, 1...30, rate: 1e-4)
            try await pay(2, 1...30, rate: 5e-4)
            let whole = try await bench.history.gaps(from: start, to: end)
            #expect(whole.count == 2 || whole.count == 3, "one for each UTC day")
            #expect(whole.first?.lowerBound == start && whole.last?.upperBound == at(29))
            for gap in whole { try await bench.history.derive(gap, floorAPR: 50) }
            #expect(try await hours(bench, of: 1, 2) == 30)
            #expect(try await bench.history.gaps(from: start, to: end).isEmpty)
            #expect(try await bench.history.gaps(from: start, to: end, again: true) == whole)

            // Another contract's payments come late, but for hours before one that was observed.
            try await bench.history.add(
                [hour(3, (1, 1, 1, 1), average: 1, seconds: 60)], leader: bench.leader)
            try await pay(4, 1...4, rate: 9e-4)
            try await pay(3, 1...4, rate: 9e-4)
            let late = try await bench.history.gaps(from: start, to: end)
            #expect(late == [start...at(2)])
            for gap in late { try await bench.history.derive(gap, floorAPR: 50) }
            #expect(try await hours(bench, of: 2, 3) == 3)
            #expect(try await hours(bench, of: 1, 2) == 30, "what was derived again is there once")
            #expect(try await bench.history.gaps(from: start, to: end).isEmpty)
        }
    }

    private func hours(_ bench: SpreadBench, of a: Int, _ b: Int) async throws -> Int {
        try await bench.pool.query(
            "SELECT FROM arbitrage_spreads WHERE contract_a = \(Int32(a)) AND contract_b = \(Int32(b))"
        ).count
    }

    @Test func hoursOlderThanSixtyDaysAreDropped() async throws {
        try await SpreadBench.with { bench in
            try await bench.history.maintainPartitions(from: start, to: start)
            try await bench.history.add([hour(0, (1, 1, 1, 1), average: 1, seconds: 1)], leader: bench.leader)
            try await bench.history.maintainPartitions(from: start, to: start.addingTimeInterval(60 * 86_400))
            #expect(try await bench.pool.query("SELECT FROM arbitrage_spreads").count == 1)
            try await bench.history.maintainPartitions(from: start, to: start.addingTimeInterval(61 * 86_400))
            #expect(try await bench.pool.query("SELECT FROM arbitrage_spreads").isEmpty)
            let tables = try await bench.pool.query(
                "SELECT FROM pg_inherits WHERE inhparent = 'arbitrage_spreads'::regclass")
            #expect(tables.count == 61)
        }
    }

    @Test func theStatisticsSurviveAPairThatFlips() async throws {
        try await SpreadBench.with { bench in
            try await bench.history.maintainPartitions(from: start, to: start.addingTimeInterval(86_400))
            try await bench.history.refreshStatistics()
            let flip = (0..<4).map { hour($0, (1, 1, 1, 1), average: $0 % 2 == 0 ? 30 : -10, seconds: 3600) }
            try await bench.history.add(flip, leader: bench.leader)
            try await bench.history.refreshStatistics()
            let row = try await bench.pool.query("SELECT data_points, mean, p50 FROM mv_arbitrage_spread_stats")[0]
            #expect(try row.decode("data_points") == 4)
            #expect(try row.decode("mean") == 10.0)
            #expect(try row.decode("p50") == 10.0)
        }
    }

    @Test func theViewsOfLiveRatesAreRefreshed() async throws {
        try await SpreadBench.with { bench in
            try await contracts(bench)
            try await bench.history.refreshRateViews()
            let group = try await bench.pool.query("SELECT * FROM mv_grouped_funding_rates WHERE base_asset = 'BTC'")[0]
            #expect(try group.decode("contract_count") == 6)
            #expect(try group.decode("exchange_count") == 5)
            #expect(try await bench.pool.query("SELECT FROM mv_exchange_stats").count == 5)
            let top = try await bench.pool.query("SELECT contract_id FROM mv_top_funding_rates ORDER BY rank")
            #expect(try top.map { try $0.decode(0, as: Int.self) } == [6, 5, 4, 3, 2, 1])
        }
    }

    @Test func factsAreReadFromTheLedgerAndTheHistory() async throws {
        try await SpreadBench.with { bench in
            try await contracts(bench)
            try await bench.owner.query(
                """
                INSERT INTO contract_terms
                       (contract_id, valid_from, funding_interval_hours, rate_cap, rate_floor, denomination, status)
                VALUES (1, \(start)::timestamptz - interval '9 days', 4, 0.01, -0.01, 1, 'active'),
                       (1, \(start)::timestamptz - interval '1 hour', 8, 0.02, -0.01, 1, 'active'),
                       (2, \(start)::timestamptz - interval '9 days', 8, NULL, NULL, 1, 'active'),
                       (2, \(start)::timestamptz - interval '8 days', 1, NULL, NULL, 1, 'active')
                """
            )
            try await bench.owner.query(
                """
                INSERT INTO funding_rates_historical
                       (contract_id, funding_time, funding_rate, funding_interval_hours, mark_price)
                VALUES (1, \(start)::timestamptz, 0.0008, 8, 2000), (1, \(start)::timestamptz - interval '8 hours', 0, 8, NULL)
                """
            )
            let store = SpreadFactsStore(bench.pool)
            let facts = try await store.facts(intervalChangesSince: start.addingTimeInterval(-2 * 86_400), now: start)
            #expect(
                facts[1]
                    == ContractFacts(
                        rateCap: 0.02, rateFloor: -0.01, intervalChangedAt: start.addingTimeInterval(-3600),
                        settledPoints: 2))
            #expect(
                facts[2] == ContractFacts(settledPoints: 0), "a change of long ago is none, and no limit is no limit")
            let marks = Collected<[Double]>()
            try await store.marks(after: start.addingTimeInterval(-86_400), upTo: start) { id, time, price in
                marks.append([Double(id), time.timeIntervalSince(start), price])
            }
            #expect(marks.elements == [[1, 0, 2000]])
        }
    }

    /// Six contracts of BTC: two of one exchange, one of another price, a share, one that is priced in coins.
    private func contracts(_ bench: SpreadBench) async throws {
        try await bench.owner.query(
            "SELECT ensure_history_partition(\(start)), ensure_history_partition(\(start)::timestamptz - interval '1 day')"
        )
        try await bench.owner.query(
            """
            INSERT INTO contract_metadata (
                   exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type, market_type,
                   funding_interval_hours, first_seen_at, last_seen_at)
            SELECT exchange, 'f', 'BTC' || id, 'BTC', quote, quote, denomination, 'linear', kind, 8, \(start), \(start)
              FROM (VALUES (1, 'a', 'USDT', 1, 'crypto'), (2, 'b', 'USD', 1000, 'crypto'), (3, 'a', 'USDC', 1, 'crypto'),
                           (4, 'c', 'USDT', 1, 'crypto'), (5, 'd', 'USDT', 1, 'stock'), (6, 'e', 'ETH', 1, 'crypto')
                   ) c (id, exchange, quote, denomination, kind)
             ORDER BY id
            """
        )
        try await bench.owner.query(
            """
            INSERT INTO exchange_data (
                   contract_id, exchange, symbol, feed, base_asset, quote_asset, funding_rate, funding_interval_hours, apr,
                   mark_price, observed_at, sequence)
            SELECT id, exchange, symbol, feed, base_asset, quote_asset, 0.0001 * id, 8, 10.95 * id,
                   CASE id WHEN 2 THEN 102000 WHEN 4 THEN 120 ELSE 100 END, \(start), 1
              FROM contract_metadata
            """
        )
    }
}
