import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

/// When a contract that is missing from an answer counts as delisted, and when it is back.
@Suite(.needsPostgres)
struct ListingTests {
    @Test func anIncompletePollDoesNotCountAnAbsence() async throws {
        try await Bench.with { bench in
            try await bench.listTwo()
            for minute in 1...20 {
                let event = try await bench.pollWithoutEther(minute: minute, isComplete: false)
                #expect(event.absent == ["ETHUSDT"])
                #expect(event.removed.isEmpty)
            }
            #expect(try await bench.value("SELECT max(missed_polls) FROM contract_metadata", as: Int.self) == 0)
        }
    }

    @Test func threePollsWithinTenMinutesAreNotEnough() async throws {
        try await Bench.with { bench in
            try await bench.listTwo()
            for minute in 1...10 {
                #expect(try await bench.pollWithoutEther(minute: minute).removed.isEmpty)
            }
        }
    }

    @Test func tenMinutesWithTwoPollsAreNotEnough() async throws {
        try await Bench.with { bench in
            try await bench.listTwo()
            #expect(try await bench.pollWithoutEther(minute: 1).removed.isEmpty)
            #expect(try await bench.pollWithoutEther(minute: 20).removed.isEmpty)
            #expect(try await bench.pollWithoutEther(minute: 21).removed == ["ETHUSDT"])
        }
    }

    @Test func aContractMissingForLongIsRemovedOnceAndInTheLedger() async throws {
        try await Bench.with { bench in
            try await bench.listTwo()
            for minute in [1, 6] {
                let event = try await bench.pollWithoutEther(minute: minute)
                #expect(event.absent == ["ETHUSDT"] && event.removed.isEmpty)
            }
            #expect(try await bench.pollWithoutEther(minute: 11).removed == ["ETHUSDT"])
            let status: PostgresQuery = "SELECT status FROM contract_metadata WHERE symbol = 'ETHUSDT'"
            #expect(try await bench.value(status, as: String.self) == "inactive")
            let ledger = try await bench.pool.query(
                """
                SELECT t.status FROM contract_terms t JOIN contract_metadata m ON m.id = t.contract_id
                 WHERE m.symbol = 'ETHUSDT' ORDER BY t.valid_from
                """
            ).map { try $0.decode(0, as: String.self) }
            #expect(ledger == ["active", "inactive"])
            let next = try await bench.pollWithoutEther(minute: 12)
            #expect(next.absent.isEmpty && next.removed.isEmpty)
        }
    }

    @Test func aShortAbsenceIsForgotten() async throws {
        try await Bench.with { bench in
            try await bench.listTwo()
            for minute in [1, 6] { _ = try await bench.pollWithoutEther(minute: minute) }
            try await bench.pollBoth(minute: 7)
            for minute in [8, 16] {
                #expect(try await bench.pollWithoutEther(minute: minute).removed.isEmpty)
            }
        }
    }

    @Test func aContractThatComesBackIsActiveAtOnceAndReadersHearOfIt() async throws {
        try await Bench.with { bench in
            try await bench.listTwo()
            for minute in [1, 6, 11] { _ = try await bench.pollWithoutEther(minute: minute) }
            // The same rate as before: its return alone is the news.
            let event = try await bench.pollBoth(minute: 12)
            #expect(event.changed.map(\.symbol) == ["ETHUSDT"])
            let rates = try await LiveRateStore(bench.pool).load().rates
            #expect(rates.allSatisfy { $0.isActive })
            let ledger: PostgresQuery = """
                SELECT t.status FROM contract_terms t JOIN contract_metadata m ON m.id = t.contract_id
                 WHERE m.symbol = 'ETHUSDT' ORDER BY t.valid_from DESC
                """
            #expect(try await bench.value(ledger, as: String.self) == "active")
        }
    }

    @Test func anotherFeedOfTheExchangeIsNoAbsence() async throws {
        try await Bench.with(SampleFeed("binance-usdm", exchange: "binance", name: "Binance")) { bench in
            let other = SampleFeed("binance-coinm", exchange: "binance", name: "Binance")
            let leases = FeedLeases(try bench.database.configuration(as: "funding_collector"), holder: "second")
            let lease = try await leases.register(other, bench.pool)
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            let event = try await bench.store.write(
                other.poll([other.snapshot("BTCUSD_PERP")]), lease: lease, published: 0
            ).rates
            #expect(event.absent.isEmpty)
            await leases.close()
        }
    }
}

extension Bench {
    fileprivate func listTwo() async throws { try await pollBoth(minute: 0) }

    @discardableResult
    fileprivate func pollBoth(minute: Int) async throws -> RatesEvent {
        let time = Double(minute) * 60
        return try await write(
            sample.poll([sample.snapshot(at: time), sample.snapshot("ETHUSDT", at: time)], at: time))
    }

    fileprivate func pollWithoutEther(minute: Int, isComplete: Bool = true) async throws -> RatesEvent {
        let time = Double(minute) * 60
        return try await write(sample.poll([sample.snapshot(at: time)], isComplete: isComplete, at: time))
    }
}
