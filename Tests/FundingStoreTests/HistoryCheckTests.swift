import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

/// The query over all contracts against the report made of each contract's payments.
@Suite(.needsPostgres)
struct HistoryCheckTests {
    private typealias Bench = HistoryBench

    @Test(arguments: 1...4)
    func theQueryAgreesWithTheReportOfAllPayments(seed: UInt64) async throws {
        try await Bench.with(symbols: (0..<60).map { "S\($0)" }) { bench in
            var random = Xorshift(state: seed)
            for id in 1...60 { try await fill(id, bench, &random) }
            let contracts = try await bench.store.contracts(feeds: nil, symbols: nil)
            let all = try await bench.store.points(of: contracts.map(\.id), during: Bench.time(-999)...Bench.time(999))
            for _ in 0..<6 {
                let from = Double.random(in: -60...200, using: &random).rounded()
                let window = Bench.time(from)...Bench.time(from + Double.random(in: 0...200, using: &random).rounded())
                let now = Bench.time(Double.random(in: 0...300, using: &random))
                let checked = try await bench.store.check(contracts, during: window, now: now, publicationDelay: 600)
                for (contract, found) in zip(contracts, checked) {
                    let points = all[contract.id] ?? []
                    let expected = HistoryReport(
                        points: points.map { ($0.fundingTime, $0.interval) }, during: window,
                        listedAt: contract.contract.listedAt, ledger: contract.ledger, now: now, publicationDelay: 600)
                    #expect(found.report == expected, "\(contract.contract.symbol) \(window)")
                }
            }
        }
    }

    @Test func theEndsAndTheGapAreTold() async throws {
        try await Bench.with { bench in
            try await bench.write([Bench.point(-8), Bench.point(0), Bench.point(8), Bench.point(40), Bench.point(48)])
            let contracts = try await bench.store.contracts(feeds: nil, symbols: ["BTCUSDT"])
            let checked = try await bench.store.check(
                contracts, during: Bench.time(0)...Bench.time(48), now: Bench.time(100))[0]
            #expect(checked.report.present == 4 && checked.report.expected == 7)
            #expect(checked.report.gaps == [.init(from: Bench.time(16), to: Bench.time(32), missing: 3)])
            #expect(checked.report.status == .partialMedium)
            #expect(checked.first == Bench.time(0) && checked.last == Bench.time(48))
        }
    }

    @Test func aContractThatIsNoLongerListedIsOwedNothingAfterItsLastPayment() async throws {
        try await Bench.with { bench in
            try await bench.write([Bench.point(0), Bench.point(16)])
            try await bench.owner.query("UPDATE contract_metadata SET status = 'inactive'")
            let checked = try await bench.store.check(
                bench.store.contracts(feeds: nil, symbols: nil), during: Bench.time(0)...Bench.time(80),
                now: Bench.time(100))
            #expect(checked.map(\.report.expected) == [3, 0, 0])
        }
    }

    /// Payments with holes, with changes of the interval, some of them in the ledger and some not, some contracts without
    /// payments, ledger or listing.
    private func fill(_ id: Int, _ bench: HistoryBench, _ random: inout Xorshift) async throws {
        let intervals = [60, 120, 240, 480].compactMap { FundingInterval(minutes: $0) }
        var interval = intervals.randomElement(using: &random) ?? .hourly
        if Bool.random(using: &random) {
            let listed = Bench.time(Double.random(in: -100...150, using: &random))
            try await bench.owner.query("UPDATE contract_metadata SET listed_at = \(listed) WHERE id = \(id)")
        }
        var hours = Double(Int.random(in: -100...50, using: &random))
        var points: [SettledPoint] = []
        try await note(interval, from: hours, id, bench, &random)
        while hours < 250, id % 9 != 0 {
            if Int.random(in: 0..<10, using: &random) > 0 { points.append(Bench.point(hours, every: interval)) }
            if Int.random(in: 0..<25, using: &random) == 0 {
                interval = intervals.randomElement(using: &random) ?? interval
                try await note(interval, from: hours, id, bench, &random)
            }
            hours += interval.hours * (Int.random(in: 0..<40, using: &random) == 0 ? 7 : 1)
        }
        if !points.isEmpty { try await bench.write(points, of: id) }
    }

    private func note(
        _ interval: FundingInterval, from hours: Double, _ id: Int, _ bench: HistoryBench, _ random: inout Xorshift
    ) async throws {
        guard Int.random(in: 0..<3, using: &random) > 0 else { return }
        try await bench.owner.query(
            """
            INSERT INTO contract_terms VALUES (
                   \(Int32(id)), \(Bench.time(hours + Double.random(in: 0...0.2, using: &random))), \(interval.hours),
                   NULL, NULL, 1, 'active')
            """
        )
    }
}

/// A small generator whose numbers are the same at each run.
private struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
