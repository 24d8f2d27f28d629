import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import RedisDriver
import TestSupport
import Testing

@testable import FundingScanner

@Suite(.needsServers, .timeLimit(.minutes(1)))
struct StatisticsTests {
    private typealias Stage = StatisticsStage

    private func expected(_ points: [SettledPoint], _ rate: Double) -> ContractStatistics {
        ContractStatistics(
            of: rate, every: .eightHours, in: SlidingStatistics(points), listedAt: nil, now: Date())
    }

    @Test func whatIsKnownIsWrittenAndThenTold() async throws {
        try await Stage.with { stage in
            let points = stage.points(43)
            try await stage.pay(points)
            let subscription = RedisSubscription(
                try TestRedis.configuration(), name: "test", channels: [Channels.statistics])
            try await stage.withScanner { keeper, _ in
                var events = subscription.events.makeAsyncIterator()
                guard case .resynchronise = await events.next()?.busEvent else {
                    Issue.record("the first event is not the subscription")
                    return
                }
                await keeper.follow(.began, in: stage.market([3e-4, 1e-4]), at: Date())
                // Other tests' scanners publish on the same channel; none of them has as many points.
                var told: StatisticsEvent?
                while told == nil, let event = await events.next()?.busEvent {
                    if case .statistics(let event) = event,
                        event.changed.first(where: { $0.symbol == "BTCUSDT" })?.statistics.dataPoints == 43
                    {
                        told = event
                    }
                }
                #expect(told?.sequence == 1)
                #expect(told?.changed.map(\.symbol).sorted() == ["BTCUSDT", "ETHUSDT"])
                let stored = try #require(try await stage.stored())
                let wanted = expected(points, 3e-4)
                #expect(stored.rate == 3e-4)
                #expect(stored.points == 43)
                #expect(stored.zScore == wanted.zScore)
                #expect(try await stage.stored(2)?.points == 0)
                let state = try await stage.owner.query("SELECT * FROM statistics_state")[0]
                #expect(try state.decode("contracts") == 2)
                #expect(try state.decode("duration_ms", as: Double.self) > 0)
            }
            await subscription.close()
        }
    }

    @Test func aRateThatMovesAndAPaymentThatSettlesAreTakenIn() async throws {
        try await Stage.with { stage in
            let points = stage.points(40, back: 8)
            try await stage.pay(points)
            try await stage.withScanner { keeper, _ in
                await keeper.follow(.began, in: stage.market([3e-4, 1e-4]), at: Date())
                try await eventually { try await stage.stored()?.points == 40 }
                let moved = stage.market([5e-4, 1e-4])
                await keeper.follow(stage.change(moved), in: moved, at: Date())
                try await eventually { try await stage.stored()?.rate == 5e-4 }
                let new = [stage.point(0, rate: 2e-4)]
                try await stage.pay(new)
                await keeper.follow(stage.settled(new), in: moved, at: Date())
                try await eventually { try await stage.stored()?.points == 41 }
                let stored = try #require(try await stage.stored())
                #expect(stored.zScore == expected(points + new, 5e-4).zScore)
                // Only the contract that moved was written.
                #expect(try await stage.stored(2)?.sequence == 1)
                #expect(stored.sequence == 3)
            }
        }
    }

    @Test func whatNoEventToldOfIsFoundByLooking() async throws {
        try await Stage.with { stage in
            let points = stage.points(60, back: 8)
            try await stage.pay(points)
            try await stage.withKeeper { keeper in
                let now = Date()
                func zScore() async -> Double? { await keeper.statistics(of: [1], at: now)[1]?.zScore }
                await keeper.follow(.began, in: stage.market([3e-4, 1e-4]), at: now)
                #expect(await zScore() == expected(points, 3e-4).zScore)
                // A payment that was just settled.
                try await stage.pay([stage.point(0, rate: 9e-4)])
                // One that was revised long ago, one that came late, one that was taken back.
                try await stage.pay([stage.point(400, rate: -7e-4), stage.point(404, rate: 5e-4)])
                let gone = stage.point(208, rate: 0).fundingTime
                try await stage.owner.query("DELETE FROM funding_rates_historical WHERE funding_time = \(gone)")
                try await keeper.look(at: now)
                try await keeper.readHinted(at: now)
                let all = try await stage.history.points(of: [1], during: .distantPast ... .distantFuture)[1]
                #expect(all?.count == 61)
                #expect(await keeper.statistics(of: [1], at: now)[1]?.dataPoints == 61)
                #expect(await zScore() == expected(try #require(all), 3e-4).zScore)
            }
        }
    }

    @Test func aStandbyKeepsItsMemoryWarmAndWritesNothingUntilItLeads() async throws {
        try await Stage.with { stage in
            try await stage.pay(stage.points(40))
            try await stage.withScanner { leading, election in
                try await eventually { election.token != nil }
                try await stage.withScanner { standby, second in
                    await standby.follow(.began, in: stage.market([7e-4, 1e-4]), at: Date())
                    await leading.follow(.began, in: stage.market([3e-4, 1e-4]), at: Date())
                    try await eventually { try await stage.stored()?.rate == 3e-4 }
                    #expect(second.token == nil)
                    #expect(await standby.statistics(of: [1], at: Date())[1]?.fundingRate == 7e-4)
                    #expect(try await stage.sequence() == 1)
                    // The leader's session ends, as when it dies.
                    try await stage.owner.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_locks
                         WHERE locktype = 'advisory' AND granted
                           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """
                    )
                    try await eventually { second.token != nil || election.token?.number == 2 }
                    guard second.token != nil else { return }
                    try await eventually { try await stage.stored()?.rate == 7e-4 }
                    // What is the same as before is not told again.
                    #expect(try await stage.stored(2)?.sequence == 1)
                }
            }
        }
    }

    @Test func aContractThatIsNoLongerListedLosesItsRow() async throws {
        try await Stage.with { stage in
            for id in 1...2 { try await stage.pay(stage.points(40), to: id) }
            try await stage.withScanner { keeper, _ in
                await keeper.follow(.began, in: stage.market([3e-4, 1e-4]), at: Date())
                try await eventually { try await stage.stored() != nil }
                try await stage.owner.query("UPDATE contract_metadata SET status = 'inactive' WHERE id = 1")
                let moved = stage.market([3e-4, 8e-4])
                await keeper.follow(stage.change(moved, removed: ["BTCUSDT"]), in: moved, at: Date())
                try await eventually {
                    let (first, second) = (try await stage.stored(), try await stage.stored(2))
                    return first == nil && second?.rate == 8e-4
                }
            }
        }
    }

    @Test func pairsAreAnsweredInTheOrderOfAsking() async throws {
        try await Stage.with { stage in
            let (long, short) = (stage.points(80), stage.points(80, rate: 3e-4))
            try await stage.pay(long, to: 1)
            try await stage.pay(short, to: 2)
            try await stage.withKeeper { keeper in
                let now = Date()
                await keeper.follow(.began, in: stage.market([3e-4, 1e-4]), at: now)
                let found = await keeper.statistics(
                    of: [
                        StatisticsKeeper.Pair(long: 1, short: 2, spread: 12),
                        StatisticsKeeper.Pair(long: 2, short: 1, spread: -12),
                        StatisticsKeeper.Pair(long: 1, short: 99, spread: 1),
                    ], at: now)
                // Eighty payments of eight hours each.
                #expect(found.map(\.dataPoints) == [640, 640, 0])
                #expect(found[0].mean != nil)
                #expect(found[1].mean == found[0].mean.map { -$0 })
                #expect(found[1].zScore == found[0].zScore.map { -$0 })
            }
        }
    }

    @Test func aPairIsJudgedByItsSpreadAndItsLegs() async throws {
        try await Stage.with { stage in
            try await stage.pay(stage.points(80), to: 1)
            try await stage.pay(stage.points(80, rate: 3e-4), to: 2)
            let now = Date()
            let market = stage.market([1e-4, 6e-4])
            var board = SpreadBoard()
            // The same coin on two exchanges.
            let listed = market.allRates.map { rate in
                var rate = rate
                rate.contract.exchange = rate.id == 1 ? "bybit" : "kraken"
                rate.contract.baseAsset = "BTC"
                rate.markPrice = 100_000
                rate.observedAt = now
                return rate
            }
            board.update(listed, at: now) { _ in 90 }
            let spread = try #require(board.spreads.first)
            try await stage.withKeeper { keeper in
                await keeper.follow(.began, in: market, at: now)
                let judged = await keeper.judge([spread], at: now)
                let legs = await keeper.statistics(of: [1, 2], at: now)
                #expect(judged.count == 1)
                #expect(judged[0].longZScore == legs[1]?.zScore)
                #expect(judged[0].shortZScore == legs[2]?.zScore)
                #expect(judged[0].longZScore != nil)
                let pair = StatisticsKeeper.Pair(long: 1, short: 2, spread: spread.aprSpread)
                let found = await keeper.statistics(of: [pair], at: now)
                #expect(judged.map(\.statistics) == found)
                #expect(judged[0].statistics.zScore != nil)
            }
        }
    }
}
