import FundingCore
import FundingExchanges
import Testing

@Suite struct CollectionScheduleTests {
    private let profiles = Exchanges.all.map(\.profile)

    @Test func inParallelEveryFeedIsAskedInEveryPeriod() throws {
        let schedules = try CollectionSchedule.parallel.schedules(of: profiles, every: .seconds(30))
        #expect(Set(schedules.keys) == Set(profiles.map(\.feed)))
        #expect(schedules.values.allSatisfy { $0.period == .seconds(30) && $0.offset < .seconds(5) })
        #expect(Set(schedules.values.map(\.offset)).count == profiles.count)
    }

    @Test(arguments: CollectionSchedule.presets.keys.sorted())
    func everyPresetKnowsEveryExchange(name: String) throws {
        let schedules = try CollectionSchedule(name).schedules(of: profiles, every: .seconds(30))
        #expect(Set(schedules.keys) == Set(profiles.map(\.feed)))
    }

    /// The requirements' own figures.
    @Test(arguments: [
        ("default", "binance", 0), ("default", "kucoin", 30), ("default", "bybit", 60), ("default", "hyperliquid", 120),
        ("default", "aster", 150), ("default", "lighter", 180), ("default", "backpack", 210), ("default", "drift", 240),
        ("fast", "kucoin", 10), ("fast", "bybit", 15), ("conservative", "bybit", 120), ("priority", "bybit", 8),
        ("priority", "backpack", 50),
    ])
    func presetsKeepTheirDelays(name: String, exchange: ExchangeID, seconds: Int) throws {
        guard case .sequential(let delays) = try CollectionSchedule(name) else {
            Issue.record("\(name) is not sequential")
            return
        }
        #expect(delays[exchange] == seconds)
    }

    @Test func exchangesTakeTurnsAndARoundEndsAfterTheLast() throws {
        let profiles = profiles.filter { ["binance-usdm", "bybit", "lighter"].contains($0.feed.rawValue) }
        let schedule = try CollectionSchedule("binance=0,bybit=40,lighter=80")
        let schedules = try schedule.schedules(of: profiles, every: .seconds(30))
        #expect(schedules["binance-usdm"]?.offset == .zero)
        #expect(schedules["bybit"]?.offset == .seconds(40))
        #expect(schedules["lighter"]?.offset == .seconds(80))
        #expect(schedules.values.allSatisfy { $0.period == .seconds(120) })
    }

    @Test(arguments: ["", "slow", "binance", "binance=", "binance=-1", "binance=3601", "nobody=1", "binance=1;bybit=2"])
    func anythingElseIsRefusedWithAReason(text: String) {
        #expect(throws: Rejection.self) { try CollectionSchedule(text) }
    }

    @Test func aFeedWithoutADelayIsNamed() throws {
        let schedule = try CollectionSchedule("binance=0")
        let refusal = #expect(throws: Rejection.self) { try schedule.schedules(of: profiles, every: .seconds(30)) }
        #expect(refusal?.reason.contains("no delay for") == true)
    }
}
