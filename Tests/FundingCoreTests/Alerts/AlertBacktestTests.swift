import Foundation
import FundingCore
import Testing

/// The past is made up hour by hour, so that what a rule would have told can be said by hand.
struct AlertBacktestTests {
    private static let end = Date(timeIntervalSince1970: 1_790_006_400)
    private static let window = end.addingTimeInterval(-10 * 86_400)...end
    private static let hours = 240

    /// A contract that is paid hourly; the rate of each of the window's hours in percent a year.
    private static func contract(
        _ exchange: ExchangeID, asset: String = "BTC", price: Double? = 100, days before: Int = 0,
        isActive: Bool = true, _ apr: (Int) -> Double?
    ) -> BacktestContract {
        let points = (-before * 24 + 1...hours).compactMap { hour -> SettledPoint? in
            let time = window.lowerBound.addingTimeInterval(Double(hour) * 3600)
            return apr(hour).map {
                SettledPoint(
                    fundingTime: time, settledAt: time, fundingRate: $0 / 876_000, interval: .hourly)
            }
        }
        return BacktestContract(
            contract: Contract(
                exchange: exchange, feed: FeedID(rawValue: exchange.rawValue), symbol: "\(asset)-PERP",
                baseAsset: asset, quoteAsset: "USDT", settleAsset: "USDT"),
            points: points, ledger: IntervalLedger([(window.lowerBound, .hourly)]), unitPrice: price,
            isActive: isActive)
    }

    private static func report(
        _ contracts: [BacktestContract], fees: [ExchangeID: TradingFees] = [:], _ change: (inout AlertRule) -> Void
    ) throws -> BacktestReport {
        var rule = AlertRule()
        rule.kind = .spreadAPR
        rule.threshold = 50
        rule.coolDown = 0
        change(&rule)
        var settings = AlertSettings()
        settings.rules["r"] = rule
        var backtest = try AlertBacktest("r", in: settings, during: window, fees: fees, policy: SpreadPolicy())
        backtest.add(contracts)
        return backtest.report()
    }

    private static func hour(_ date: Date?) -> Int? {
        date.map { Int($0.timeIntervalSince(window.lowerBound) / 3600) }
    }

    /// What hour `h` pays, −719 to 240, at place `h + 719`: around 10 % a year.
    private static func noise(_ seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<hours + 720).map { _ in 10 + Double.random(in: -1...1, using: &random) }
    }

    /// By hand: how far a value lies from the mean of the 720 hours before, in deviations of a sample.
    private static func score(_ value: Double, at hour: Int, _ noise: [Double]) -> Double {
        let past = noise[hour + 719 - 720..<hour + 719]
        let mean = past.reduce(0, +) / 720
        let squares = past.reduce(0) { sum, paid in sum + (paid - mean) * (paid - mean) }
        return (value - mean) / (squares / 719).squareRoot()
    }

    @Test func aSpreadThatWidensThreeTimesFiresThreeTimes() throws {
        // Wide from hour 10 to 19, from 50 to 59 the other way round, and from 200 on.
        let apr = { (hour: Int) -> Double in
            if (10..<20).contains(hour) || hour >= 200 { return 70 }
            return (50..<60).contains(hour) ? -70 : 5
        }
        let report = try Self.report([Self.contract("a") { _ in 0 }, Self.contract("b", apr)]) { _ in }
        #expect(report.firings.map { Self.hour($0.firedAt) } == [10, 50, 200])
        #expect(report.firings.map { Self.hour($0.endedAt) } == [20, 60, nil])
        #expect(report.firings.map(\.life) == [36_000, 36_000, 144_000] && report.medianLife == 36_000)
        let subjects = report.firings.map(\.subject.key)
        #expect(subjects[0] == "pair/a/BTC-PERP/b/BTC-PERP" && subjects[1] == "pair/b/BTC-PERP/a/BTC-PERP")
        #expect(abs((report.firings[0].value ?? 0) - 70) < 1e-9)
    }

    @Test func whatWasPaidWhileAnAlertHeldIsTold() throws {
        let report = try Self.report(
            [Self.contract("a") { _ in 0 }, Self.contract("b") { (10..<20).contains($0) ? 87.6 : 0 }],
            fees: ["a": TradingFees(taker: 0.0001, maker: nil), "b": TradingFees(taker: 0.0002, maker: nil)]
        ) { _ in }
        let replay = try #require(report.firings.first?.replay)
        // Entered at hour 10, after its payment; the payments of hours 11 to 19 are received, that of 20 is nothing.
        #expect(abs(replay.carry - 9 * 0.0001) < 1e-12 && abs(replay.net - (9 * 0.0001 - 0.0006)) < 1e-12)
        #expect(replay.isComplete && report.paid == (1, 1))
        let dear = try Self.report(
            [Self.contract("a") { _ in 0 }, Self.contract("b") { (10..<20).contains($0) ? 87.6 : 0 }],
            fees: ["a": TradingFees(taker: 0.001, maker: nil), "b": TradingFees(taker: 0.002, maker: nil)]
        ) { _ in }
        #expect(dear.paid == (0, 1))
    }

    @Test func aContractThatIsNoLongerListedIsOwedNothingAfterItsLastPayment() throws {
        func missing(isActive: Bool) throws -> Int {
            let report = try Self.report(
                [
                    Self.contract("a") { _ in 0 },
                    Self.contract("b", isActive: isActive) { hour in hour < 10 ? 0 : hour < 20 ? 87.6 : nil },
                ],
                fees: ["a": TradingFees(taker: 0.0001, maker: nil), "b": TradingFees(taker: 0.0002, maker: nil)]
            ) { _ in }
            let replay = try #require(report.firings.first?.replay)
            return replay.long.missing + replay.short.missing
        }
        #expect(try missing(isActive: true) > 0, "it held until the rate was unknown for long enough")
        #expect(try missing(isActive: false) == 0)
    }

    @Test func netRulesAreUnknownWithoutFeesAndLowerWithThem() throws {
        let contracts = [Self.contract("a") { _ in 0 }, Self.contract("b") { _ in 60 }]
        #expect(try Self.report(contracts) { $0.kind = .spreadNetAPR }.firings.isEmpty)
        let fees: [ExchangeID: TradingFees] = [
            "a": TradingFees(taker: 0.0005, maker: nil), "b": TradingFees(taker: 0.0005, maker: nil),
        ]
        // 60 − 0.002 / 168 h · 876 000 = 49.57
        #expect(try Self.report(contracts, fees: fees) { $0.kind = .spreadNetAPR }.firings.isEmpty)
        let lower = try Self.report(contracts, fees: fees) {
            $0.kind = .spreadNetAPR
            $0.threshold = 49
        }
        #expect(lower.firings.count == 1 && abs((lower.firings[0].value ?? 0) - (60 - 0.002 / 168 * 876_000)) < 1e-9)
    }

    /// The same engine: cool-down, duration and limits mean what they mean live.
    @Test func whatHoldsTheRuleBackLiveHoldsItBackHere() throws {
        let contracts = [Self.contract("a") { _ in 0 }, Self.contract("b") { $0 % 4 < 2 ? 60 : 0 }]
        let free = try Self.report(contracts) { _ in }
        // At hour 1, and from every fourth hour on.
        #expect(free.firings.count == 61)
        let cool = try Self.report(contracts) { $0.coolDown = 24 * 3600 }
        #expect(cool.firings.count == 10 && cool.suppressed[.coolDown] == 60)
        #expect(try Self.report(contracts) { $0.minimumDuration = 2 * 3600 }.firings.isEmpty)
    }

    @Test func onlyWhatIsTheSameAssetForSureIsAPair() throws {
        let cheap = Self.contract("b", price: 50) { _ in 100 }
        let unknown = Self.contract("c", price: nil) { _ in 100 }
        let other = Self.contract("d", asset: "ETH") { _ in 100 }
        let sameExchange = Self.contract("a") { _ in 100 }
        let report = try Self.report([Self.contract("a") { _ in 0 }, sameExchange, cheap, unknown, other]) { _ in }
        #expect(report.firings.isEmpty)
    }

    @Test func aGapInHistoryIsNoEnd() throws {
        let report = try Self.report(
            [Self.contract("a") { _ in 0 }, Self.contract("b") { $0 == 100 ? nil : 60 }]
        ) { _ in }
        #expect(report.firings.map { Self.hour($0.firedAt) } == [1])
        #expect(report.firings[0].endedAt == nil && report.firings[0].replay == nil)
    }

    @Test func ratesAndScoresOfContractsAreTestedPaymentByPayment() throws {
        let noise = Self.noise(7)
        let contract = Self.contract("a", days: 30) { hour in hour == 100 ? 90 : noise[hour + 719] }
        let apr = try Self.report([contract]) { $0.kind = .apr }
        #expect(apr.firings.map { Self.hour($0.firedAt) } == [100] && apr.firings[0].replay == nil)
        let score = try Self.report([contract]) {
            $0.kind = .zScore
            $0.threshold = 10
            $0.rearm = 5
        }
        #expect(score.firings.map { Self.hour($0.firedAt) } == [100])
        // By hand: the 720 payments before it.
        #expect(abs((score.firings[0].value ?? 0) - Self.score(90, at: 100, noise)) < 1e-6)
    }

    @Test func theScoreOfASpreadIsThatOfTheHoursBefore() throws {
        let noise = Self.noise(8)
        let (a, b) = (
            Self.contract("a", days: 30) { _ in 0 },
            Self.contract("b", days: 30) { hour in hour == 100 ? -40 : noise[hour + 719] }
        )
        let report = try Self.report([a, b]) {
            $0.kind = .spreadZScore
            $0.direction = .below
            $0.threshold = -20
            $0.rearm = -5
        }
        #expect(report.firings.map { Self.hour($0.firedAt) } == [100])
        #expect(report.firings[0].subject.key == "pair/a/BTC-PERP/b/BTC-PERP")
        #expect(abs((report.firings[0].value ?? 0) - Self.score(-40, at: 100, noise)) < 1e-6)
    }

    @Test func changesOfTermsAreTestedFromTheLedgerAndAgesAreNot() throws {
        var settings = AlertSettings()
        settings.rules["t"] = {
            var rule = AlertRule()
            rule.kind = .termsChange
            rule.scope.assets = ["BTC"]
            return rule
        }()
        let terms = { (interval: FundingInterval) in
            ContractTerms(interval: interval, rateCap: nil, rateFloor: nil, denomination: 1, status: .active)
        }
        let event = { (asset: String, days: Double) in
            ContractsEvent(
                feed: "bybit", exchange: "bybit", exchangeName: "ByBit",
                validFrom: Self.end.addingTimeInterval(-86_400 * days),
                changes: [
                    TermsChange(
                        symbol: "\(asset)USDT", baseAsset: asset, before: terms(.eightHours), after: terms(.hourly))
                ])
        }
        var backtest = try AlertBacktest(
            "t", in: settings, during: Self.window, fees: [:], policy: SpreadPolicy())
        backtest.add([event("BTC", 3), event("ETH", 3), event("BTC", 11), event("BTC", 5)])
        #expect(backtest.report().firings.map(\.firedAt) == [5, 3].map { Self.end.addingTimeInterval(-86_400 * $0) })
        settings.rules["t"]?.kind = .exchangeAge
        #expect(throws: AlertBacktest.Untestable.self) {
            try AlertBacktest("t", in: settings, during: Self.window, fees: [:], policy: SpreadPolicy())
        }
    }
}
