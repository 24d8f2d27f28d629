import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct CertificateTests {
    private typealias Bench = HistoryBench

    @Test func aChangedAnAddedAndADeletedRowAreFound() async throws {
        try await withCertified { bench in
            for (statement, day, found): (PostgresQuery, Double, Int) in [
                ("UPDATE funding_rates_historical SET funding_rate = 0.5 WHERE funding_time = \(Bench.time(8))", 0, 3),
                ("DELETE FROM funding_rates_historical WHERE funding_time = \(Bench.time(24))", 24, 2),
                ("UPDATE funding_rates_historical SET mark_price = NULL WHERE funding_time = \(Bench.time(48))", 48, 3),
                (
                    """
                    INSERT INTO funding_rates_historical
                    SELECT contract_id, \(Bench.time(73)), funding_rate, 8 FROM funding_rates_historical LIMIT 1
                    """, 72, 4
                ),
            ] {
                try await bench.owner.query(statement)
                let mismatches = try await bench.store.verify(exchanges: nil, symbols: nil, from: nil).mismatches
                #expect(
                    mismatches.last
                        == CertificateMismatch(
                            exchange: "bybit", symbol: "BTCUSDT", day: Bench.time(day), certified: 3, found: found))
            }
            let all = try await bench.store.verify(exchanges: ["bybit"], symbols: ["BTCUSDT"], from: nil)
            #expect(all.certificates == 4 && all.mismatches.map(\.day) == [0, 24, 48, 72].map(Bench.time))
            #expect(try await bench.store.verify(exchanges: ["kraken"], symbols: nil, from: nil).certificates == 0)
            let late = try await bench.store.verify(exchanges: nil, symbols: nil, from: Bench.time(48))
            #expect(late.certificates == 2 && late.mismatches.count == 2)
        }
    }

    @Test func aWriteTakesBackTheCertificatesOfTheDaysItChanges() async throws {
        try await withCertified { bench in
            try await bench.write([Bench.point(0), Bench.point(24)])
            #expect(try await bench.store.verify(exchanges: nil, symbols: nil, from: nil).certificates == 4)
            try await bench.write([Bench.point(24, rate: 0.3)])
            let left = try await bench.store.verify(exchanges: nil, symbols: nil, from: nil)
            #expect(left.certificates == 3 && left.mismatches.isEmpty)
            #expect(try await certify(bench) == 1)
            #expect(try await certify(bench) == 0)
        }
    }

    @Test func aCertificateTellsWhatIsMissingOnItsDay() async throws {
        try await Bench.with { bench in
            try await bench.write([0, 8, 16, 40, 64, 72, 80, 88].map { Bench.point($0) })
            _ = try await certify(bench)
            let rows = try await bench.owner.query(
                "SELECT contract_id, day, expected, present FROM completeness_certificates ORDER BY day")
            #expect(try rows.map { try $0.decode("contract_id", as: Int.self) } == [1, 1, 1, 1])
            #expect(try rows.map { try $0.decode("day", as: Date.self) } == [0, 24, 48, 72].map(Bench.time))
            #expect(try rows.map { try $0.decode("expected", as: Int.self) } == [3, 3, 3, 3])
            #expect(try rows.map { try $0.decode("present", as: Int.self) } == [3, 1, 1, 3])
        }
    }

    @Test func aPageBeyondTheLastStillTellsHowManyThereAre() async throws {
        try await withCertified { bench in
            for (offset, days) in [(0, [72, 48, 24]), (3, [0]), (4, []), (900, [])] as [(Int, [Double])] {
                let (rows, total) = try await bench.store.certificates(
                    exchanges: ["bybit"], symbols: nil, from: nil, to: nil, limit: 3, offset: offset)
                #expect(rows.map(\.day) == days.map(Bench.time) && total == 4, "\(offset)")
            }
            let (rows, total) = try await bench.store.certificates(
                exchanges: nil, symbols: ["BTCUSDT"], from: Bench.time(24), to: Bench.time(48), limit: 3, offset: 0)
            #expect(rows.map(\.day) == [48, 24].map(Bench.time) && total == 2)
        }
    }

    @Test func aDayThatIsNotOverIsNotCertified() async throws {
        try await Bench.with { bench in
            try await bench.write([0, 8, 16, 24].map { Bench.point($0) })
            let contracts = try await bench.store.contracts(feeds: nil, symbols: ["BTCUSDT"])
            let window = Bench.time(-5)...Bench.time(99)
            for (hours, expected) in [(24.0, 0), (24.2, 0), (24.25, 1), (47, 0)] {
                let new = try await bench.store.certify(contracts, during: window, now: Bench.time(hours))
                #expect(new == expected, "\(hours)")
            }
        }
    }

    private func withCertified(_ body: (HistoryBench) async throws -> Void) async throws {
        try await Bench.with { bench in
            try await bench.write((0..<12).map { Bench.point(Double($0) * 8) })
            #expect(try await certify(bench) == 4)
            #expect(try await bench.store.verify(exchanges: nil, symbols: nil, from: nil).mismatches.isEmpty)
            try await body(bench)
        }
    }

    private func certify(_ bench: HistoryBench) async throws -> Int {
        try await bench.store.certify(
            bench.store.contracts(feeds: nil, symbols: ["BTCUSDT"]), during: Bench.time(0)...Bench.time(96),
            now: Bench.time(100))
    }
}
