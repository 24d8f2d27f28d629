import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

@Suite(.needsPostgres)
struct SnapshotStoreTests {
    @Test func theFirstPollInsertsContractsTermsAndRates() async throws {
        try await Bench.with { bench in
            let snapshots = [bench.sample.snapshot(), bench.sample.snapshot("ETHUSDT", rate: -0.0002)]
            let event = try await bench.write(bench.sample.poll(snapshots))
            #expect(event.sequence == 1)
            #expect(event.changed == snapshots.map(RateChange.init(of:)))
            #expect(event.observedAt == bench.sample.start)
            #expect(event.absent.isEmpty && event.removed.isEmpty)
            #expect(try await bench.count("SELECT FROM contract_metadata WHERE status = 'active'") == 2)
            #expect(try await bench.count("SELECT FROM contract_terms WHERE status = 'active'") == 2)
            let (feeds, rates) = try await LiveRateStore(bench.pool).load()
            #expect(feeds.map(\.sequence) == [1])
            #expect(feeds[0].status == .ok && feeds[0].contracts == 2 && feeds[0].observedAt == bench.sample.start)
            #expect(Set(rates.map(\.contract)) == Set(snapshots.map(\.contract)))
            #expect(Set(rates.map(\.fundingRate)) == [0.0001, -0.0002])
        }
    }

    @Test func anUnchangedPollMovesOnlyTheTimeAndTheSequence() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            let event = try await bench.write(bench.sample.poll([bench.sample.snapshot(at: 30)], at: 30))
            #expect(event.sequence == 2)
            #expect(event.changed.isEmpty)
            let rate = try #require(try await LiveRateStore(bench.pool).load().rates.first)
            #expect(rate.observedAt == bench.sample.start.addingTimeInterval(30))
            #expect(rate.sequence == 1)
        }
    }

    @Test func onlyWhatMovedIsChanged() async throws {
        try await Bench.with { bench in
            let still = bench.sample.snapshot("ETHUSDT")
            try await bench.write(bench.sample.poll([bench.sample.snapshot(), still]))
            let moved = bench.sample.snapshot(rate: 0.0003)
            let event = try await bench.write(bench.sample.poll([moved, still], at: 30))
            #expect(event.changed == [RateChange(of: moved)])
        }
    }

    /// One field at a time: what moved, and whether readers must hear of it.
    @Test(arguments: Movement.allCases)
    func eachMovingFieldCounts(movement: Movement) async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            var moved = bench.sample.snapshot(at: 30)
            movement.apply(to: &moved)
            let event = try await bench.write(bench.sample.poll([moved], at: 30))
            #expect(event.changed.map(\.symbol) == (movement.isNews ? ["BTCUSDT"] : []))
        }
    }

    enum Movement: String, CaseIterable {
        case rate, interval, markPrice, noMarkPrice, indexPrice, openInterest, openInterestCount, openInterestUnit
        case nextFundingTime, baseAsset, time

        var isNews: Bool { self != .time }

        func apply(to snapshot: inout FundingSnapshot) {
            switch self {
            case .rate: snapshot.fundingRate = 0.0001.nextUp
            case .interval: snapshot.interval = .hourly
            case .markPrice: snapshot.markPrice = 99_999
            case .noMarkPrice: snapshot.markPrice = nil
            case .indexPrice: snapshot.indexPrice = 99_999
            case .openInterest: snapshot.openInterest?.usd = 6e8
            case .openInterestCount: snapshot.openInterest?.raw?.amount = 6000
            case .openInterestUnit: snapshot.openInterest?.raw?.unit = .contracts
            case .nextFundingTime: snapshot.nextFundingTime = snapshot.nextFundingTime?.addingTimeInterval(28_800)
            case .baseAsset: snapshot.contract.baseAsset = "XBT"
            case .time: break
            }
        }
    }

    @Test func openInterestThatWasNotAskedForKeepsItsValueAndItsTime() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot(openInterestUSD: 5e8)]))
            let event = try await bench.write(
                bench.sample.poll([bench.sample.snapshot(openInterestUSD: nil, at: 30)], at: 30))
            #expect(event.changed.isEmpty)
            #expect(try await bench.value("SELECT open_interest_usd FROM exchange_data", as: Double.self) == 5e8)
            let time = try await bench.value("SELECT open_interest_at FROM exchange_data", as: Date.self)
            #expect(time == bench.sample.start)
        }
    }

    /// The event must not say that the open interest is gone when the row still has it.
    @Test func anEventCarriesTheOpenInterestThatTheRowKept() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot(openInterestUSD: 5e8)]))
            let event = try await bench.write(
                bench.sample.poll([bench.sample.snapshot(rate: 0.0002, openInterestUSD: nil, at: 30)], at: 30))
            #expect(event.changed.map(\.openInterest) == [bench.sample.snapshot(openInterestUSD: 5e8).openInterest])
            #expect(
                try await LiveRateStore(bench.pool).load().rates.map(\.openInterest)
                    == event.changed.map(\.openInterest))
        }
    }

    /// A stream may say what it is worth and not how many there are, and a poll without a price the reverse.
    @Test func whatAReadingOfOpenInterestDoesNotSayStands() async throws {
        try await Bench.with { bench in
            let coins = OpenInterest.Quantity(5000, .base)
            let readings = [
                OpenInterest(usd: 5e8, raw: coins), OpenInterest(usd: 6e8),
                OpenInterest(usd: nil, raw: .init(7, .contracts)),
            ]
            for (place, interest) in readings.enumerated() {
                var snapshot = bench.sample.snapshot(at: Double(place) * 30)
                snapshot.openInterest = interest
                try await bench.write(bench.sample.poll([snapshot], at: Double(place) * 30))
                let kept = try await LiveRateStore(bench.pool).load().rates.first?.openInterest
                #expect(
                    kept
                        == [
                            readings[0], OpenInterest(usd: 6e8, raw: coins),
                            OpenInterest(usd: 6e8, raw: .init(7, .contracts)),
                        ][place])
            }
        }
    }

    @Test func newTermsMakeALedgerRowAndOldOnesNone() async throws {
        try await Bench.with { bench in
            let terms: PostgresQuery = """
                SELECT funding_interval_hours FROM contract_terms ORDER BY valid_from
                """
            for (place, interval) in [FundingInterval.eightHours, .eightHours, .hourly, .hourly].enumerated() {
                let time = Double(place) * 30
                try await bench.write(bench.sample.poll([bench.sample.snapshot(every: interval, at: time)], at: time))
            }
            let hours: [Double] = try await bench.pool.query(terms).map { try $0.decode(0) }
            #expect(hours == [8, 1])
            let from = try await bench.value("SELECT max(valid_from) FROM contract_terms", as: Date.self)
            #expect(from == bench.sample.start.addingTimeInterval(60))
            try await bench.write(
                bench.sample.poll([bench.sample.snapshot(every: .hourly, rateCap: 0.04, at: 120)], at: 120))
            #expect(try await bench.count(terms) == 3)
        }
    }

    @Test func aWriteWithALostLeaseStoresNothing() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            try await bench.pool.query("UPDATE exchange_health SET lease_token = lease_token + 1")
            await #expect(throws: LeaseLost.self) {
                try await bench.write(bench.sample.poll([bench.sample.snapshot("ETHUSDT")], at: 30))
            }
            #expect(try await bench.count("SELECT FROM contract_metadata") == 1)
            #expect(try await bench.value("SELECT rates_sequence FROM exchange_health", as: Int.self) == 1)
            #expect(try await bench.count("SELECT FROM collection_cycles") == 1)
        }
    }

    @Test func rejectsAreCountedByFeedSymbolAndReason() async throws {
        try await Bench.with { bench in
            let reject = SnapshotBatch.Reject(symbol: "BADUSDT", reason: "rate is missing")
            let other = SnapshotBatch.Reject(symbol: "BADUSDT", reason: "interval is missing")
            for (place, rejects) in [[reject], [reject, reject], [reject, other], []].enumerated() {
                let time = Double(place) * 30
                try await bench.write(
                    bench.sample.poll([bench.sample.snapshot(at: time)], rejects: rejects, at: time))
            }
            let rows = try await bench.pool.query(
                "SELECT reason, occurrences, last_seen_at FROM collection_rejects ORDER BY occurrences")
            #expect(try rows.map { try $0.decode("occurrences", as: Int.self) } == [1, 3])
            #expect(try rows.map { try $0.decode("reason", as: String.self) } == [other.reason, reject.reason])
            #expect(try rows[1].decode("last_seen_at", as: Date.self) == bench.sample.start.addingTimeInterval(60))
        }
    }

    @Test func everyPollLeavesACycle() async throws {
        try await Bench.with { bench in
            try await bench.write(
                bench.sample.poll([bench.sample.snapshot(), bench.sample.snapshot("ETHUSDT")], excluded: 7))
            try await bench.write(
                bench.sample.poll(
                    [bench.sample.snapshot(rate: 0.0003)], isComplete: false,
                    partError: ("timeout", "inverse timed out"),
                    at: 30))
            try await bench.write(bench.sample.poll([], at: 60))
            let rows = try await bench.pool.query("SELECT * FROM collection_cycles ORDER BY id")
            #expect(try rows.map { try $0.decode("outcome", as: String.self) } == ["success", "partial", "empty"])
            #expect(try rows.map { try $0.decode("contracts", as: Int.self) } == [2, 1, 0])
            #expect(try rows.map { try $0.decode("changed", as: Int.self) } == [2, 1, 0])
            #expect(try rows[0].decode("excluded", as: Int.self) == 7)
            #expect(try rows[0].decode("duration_ms", as: Double.self) == 500)
            #expect(try rows[1].decode("error_kind", as: String.self) == "timeout")
            #expect(try rows[2].decode("error", as: String?.self) == nil)
        }
    }

    @Test func aPollOfTheWholeUniverseIsStored() async throws {
        try await Bench.with { bench in
            let snapshots = (0..<3474).map { bench.sample.snapshot("COIN\($0)USDT", rate: Double($0) / 1e7) }
            let first = try await bench.write(bench.sample.poll(snapshots))
            let second = try await bench.write(bench.sample.poll(snapshots, at: 30))
            #expect(first.changed.count == 3474 && second.changed.isEmpty)
            #expect(try await bench.count("SELECT FROM exchange_data") == 3474)
        }
    }

    @Test func doublesComeBackBitByBit() async throws {
        var generator = SystemRandomNumberGenerator()
        let snapshots = (0..<2000).map { place in
            var snapshot = SampleFeed().snapshot("C\(place)USDT")
            snapshot.fundingRate = Double.anyFinite(&generator)
            snapshot.markPrice = Double.anyFinite(&generator)
            snapshot.indexPrice = Double.anyFinite(&generator)
            snapshot.openInterest = OpenInterest(
                usd: Double.anyFinite(&generator), raw: OpenInterest.Quantity(Double.anyFinite(&generator), .contracts))
            return snapshot
        }
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll(snapshots))
            let rates = try await LiveRateStore(bench.pool).load().rates
            let bits = Dictionary(uniqueKeysWithValues: rates.map { ($0.contract.symbol, Bits($0)) })
            for snapshot in snapshots { #expect(bits[snapshot.contract.symbol] == Bits(snapshot)) }
        }
    }

    @Test func feedsDoNotWaitForEachOther() async throws {
        try await Bench.with { bench in
            let other = SampleFeed("mexc", exchange: "mexc", name: "MEXC")
            let leases = FeedLeases(try bench.database.configuration(as: "funding_collector"), holder: "second")
            let lease = try await leases.register(other, bench.pool)
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            // While one feed's poll is stored and not yet committed, another feed's goes through.
            try await bench.pool.withTransaction { connection in
                try await connection.query("SELECT FROM exchange_health WHERE feed = 'bybit' FOR UPDATE")
                try await connection.query("UPDATE exchange_data SET funding_rate = 0.5")
                let event = try await bench.store.write(other.poll([other.snapshot()]), lease: lease, published: 0)
                    .rates
                #expect(event.sequence == 1)
            }
            await leases.close()
        }
    }
}

/// The bit patterns of a reading's numbers.
private struct Bits: Equatable {
    var patterns: [UInt64?]

    init(_ rate: LiveRate) {
        let interest = rate.openInterest
        patterns = [rate.fundingRate, rate.markPrice, rate.indexPrice, interest?.usd, interest?.raw?.amount]
            .map { $0?.bitPattern }
    }

    init(_ snapshot: FundingSnapshot) {
        let interest = snapshot.openInterest
        patterns = [
            snapshot.fundingRate, snapshot.markPrice, snapshot.indexPrice, interest?.usd, interest?.raw?.amount,
        ]
        .map { $0?.bitPattern }
    }
}

extension Double {
    static func anyFinite(_ generator: inout some RandomNumberGenerator) -> Double {
        while true {
            let number = Double(bitPattern: generator.next())
            if number.isFinite { return number }
        }
    }
}
