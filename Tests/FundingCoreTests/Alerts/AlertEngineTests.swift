import Foundation
import FundingCore
import Testing

struct AlertEngineTests {
    /// Values a second apart, and what comes of them.
    private static let courses: [(values: [Double], story: [String])] = [
        ([60, 60, 70], ["0 fired"]),
        ([49.999, 50], ["1 fired"]),
        // The way back ends at the second level only.
        ([60, 45, 60], ["0 fired"]),
        ([60, 40, 60], ["0 fired", "1 ended", "2 fired"]),
        ([10, 49], []),
    ]

    @Test(arguments: courses)
    func firesWhenItsConditionBecomesTrue(values: [Double], story: [String]) {
        var stage = AlertStage()
        for (second, value) in values.enumerated() { stage.apr(value, at: Double(second)) }
        #expect(stage.story == story)
    }

    private static let sides: [(direction: AlertLevel.Direction, levels: [Double], values: [Double], fired: [Int])] = [
        (.below, [-50, -40], [-49, -51, -45, -51, -39, -51], [1, 5]),
        (.beyond, [50, 40], [-51, 51, -41, 39, 51], [0, 4]),
        (.above, [50, 50], [50, 49.9, 50], [0, 2]),
    ]

    @Test(arguments: sides)
    func theSideOfTheThresholdIsTheRules(
        direction: AlertLevel.Direction, levels: [Double], values: [Double], fired: [Int]
    ) {
        var stage = AlertStage {
            $0.direction = direction
            $0.threshold = levels[0]
            $0.rearm = levels[1]
        }
        for (second, value) in values.enumerated() { stage.apr(value, at: Double(second)) }
        #expect(stage.story.filter { $0.hasSuffix("fired") } == fired.map { "\($0) fired" })
    }

    @Test func theWayBackIsATenthUnlessItIsTold() {
        #expect(AlertLevel(.above, 50).rearm == 45 && AlertLevel(.above, -50).rearm == -55)
        #expect(AlertLevel(.below, -50).rearm == -45 && AlertLevel(.beyond, 2).rearm == 1.8)
        #expect(AlertLevel(.above, 0).isLeft(at: -0.001) && !AlertLevel(.above, 0).isLeft(at: 0))
    }

    @Test func theConditionMustHaveHeldForTheTimeAsked() {
        var stage = AlertStage { $0.minimumDuration = 60 }
        stage.apr(60, at: 0)
        stage.apr(49, at: 30)
        stage.apr(60, at: 40)
        stage.feed([], at: 99)
        #expect(stage.story.isEmpty)
        // Time alone is enough: nothing need move.
        stage.feed([], at: 100)
        #expect(stage.story == ["100 fired"])
        #expect(stage.decisions[0].value == 60)
    }

    @Test func theSameIsNotToldAgainDuringTheCoolDownButAfterItIfItStillHolds() {
        var stage = AlertStage { $0.coolDown = 100 }
        stage.apr(60, at: 0)
        stage.apr(30, at: 10)
        stage.apr(60, at: 20)
        stage.apr(30, at: 30)
        stage.apr(60, at: 40)
        stage.feed([], at: 99)
        stage.feed([], at: 100)
        #expect(stage.story == ["0 fired", "10 ended", "20 cooldown", "40 cooldown", "100 fired"])
        #expect(stage.decisions.map(\.episode) == [1, 1, 2, 3, 3])
    }

    /// The stage begins at 14:13:20 UTC.
    @Test func nothingFiresInQuietHoursOverMidnightAndWhatStillHoldsFiresAfterThem() throws {
        var stage = AlertStage { $0.quietHours = [QuietHours("22:00-06:00")!] }
        let hour = { (text: String) in Timestamp.parse(text)!.timeIntervalSince(AlertStage.start) }
        stage.apr(60, at: hour("2026-09-21T23:59:59Z"))
        let other = AlertContract(exchange: "okx", symbol: "ETH", baseAsset: "ETH")
        stage.feed([AlertStage.reading(apr: 70, of: other)], at: hour("2026-09-22T01:00:00Z"))
        stage.feed([AlertStage.reading(apr: 10, of: other)], at: hour("2026-09-22T02:00:00Z"))
        stage.feed([], at: hour("2026-09-22T05:59:59Z"))
        #expect(stage.decisions.map(\.kind) == [.suppressed(.quietHours), .suppressed(.quietHours)])
        stage.feed([], at: hour("2026-09-22T06:00:00Z"))
        #expect(stage.messages.flatMap(\.decisions).map(\.subject) == [.contract(AlertStage.contract)])
        #expect(stage.messages[0].decisions[0].value == 60)
    }

    @Test func anExpiredRuleIsAsIfItWereNotThere() {
        var stage = AlertStage { $0.expiresAt = AlertStage.start.addingTimeInterval(100) }
        stage.apr(30, at: 0)
        stage.apr(60, at: 100)
        #expect(stage.story.isEmpty)
        stage.apr(30, at: 101)
        stage.apr(60, at: 99.5)
        #expect(stage.story == ["99 fired"])
    }

    @Test func aDisabledRuleOrNoRulesAtAllTellNothing() {
        var disabled = AlertStage { $0.isEnabled = false }
        disabled.apr(60, at: 0)
        #expect(disabled.story.isEmpty)
        var off = AlertStage()
        off.settings.isEnabled = false
        off.restart(at: 0)
        off.apr(60, at: 0)
        #expect(off.story.isEmpty && !off.engine.looks(at: [.apr]))
    }

    @Test func theMessagesOfAnHourAreLimitedAndTheRestIsNeverTold() {
        var stage = AlertStage { $0.maximumPerHour = 2 }
        for number in 0..<4 {
            stage.feed([AlertStage.reading(apr: 60, of: Self.contract(number))], at: Double(number))
        }
        #expect(stage.story == ["0 fired", "1 fired", "2 rate_limit", "3 rate_limit"])
        stage.feed([], at: 3601)
        stage.feed([AlertStage.reading(apr: 60, of: Self.contract(9))], at: 3602)
        #expect(stage.story.suffix(1) == ["3602 fired"] && stage.messages.count == 3)
    }

    @Test func whatFiresInOneEvaluationIsOneMessageARule() {
        var louder = AlertRule()
        louder.kind = .apr
        louder.threshold = 100
        var stage = AlertStage(rules: ["all": Self.rule(50), "big": louder])
        stage.feed((0..<5).map { AlertStage.reading(apr: 60 + Double($0) * 20, of: Self.contract($0)) }, at: 0)
        #expect(stage.messages.map { $0.decisions.count } == [5, 3])
        #expect(stage.messages.map(\.key).count == Set(stage.messages.map(\.key)).count)
    }

    @Test func theEndIsToldIfThatIsWantedAndItsBeginningWasTold() {
        var stage = AlertStage {
            $0.tellsEnd = true
            $0.coolDown = 1000
        }
        stage.apr(60, at: 0)
        stage.apr(30, at: 10)
        stage.apr(60, at: 20)
        stage.apr(30, at: 30)
        #expect(stage.story == ["0 fired", "10 ended", "20 cooldown"])
        #expect(stage.messages.map { $0.decisions[0].kind } == [.fired, .ended])
        #expect(stage.messages[1].key == stage.messages[0].key + "/ended")
    }

    /// A leg that goes stale says nothing about the spread.
    @Test func unknownIsNotBelowTheThreshold() {
        var stage = AlertStage()
        stage.apr(60, at: 0)
        stage.apr(nil, at: 10)
        stage.apr(60, at: 600)
        #expect(stage.story == ["0 fired"])
        stage.apr(nil, at: 700)
        stage.feed([], at: 1599)
        #expect(stage.story == ["0 fired"])
        stage.feed([], at: 1600)
        #expect(stage.story == ["0 fired", "1600 ended"] && stage.decisions[1].value == nil)
        stage.apr(60, at: 1700)
        #expect(stage.story.last == "1700 fired")
    }

    @Test func whatBeginsAndEndsWithinOneEvaluationIsNotTold() {
        var stage = AlertStage { $0.tellsEnd = true }
        stage.feed([AlertStage.reading(apr: 60), AlertStage.reading(apr: 10)], at: 0)
        #expect(stage.decisions.isEmpty && stage.messages.isEmpty)
        stage.apr(60, at: 1)
        #expect(stage.decisions.map(\.episode) == [2])
    }

    @Test func eachChangeOfTermsIsToldOnce() {
        var stage = AlertStage { rule in
            rule = AlertRule()
            rule.kind = .termsChange
            rule.terms = [.interval, .delisted]
        }
        let change = Self.change(from: 8, to: 1)
        let early = AlertSubject.change(AlertStage.contract, at: AlertStage.start.addingTimeInterval(-60))
        stage.feed([.change(early, change), .change(early, change)], at: 0)
        stage.feed([.change(early, change)], at: 1)
        stage.restart(at: 2)
        stage.feed([.change(early, change)], at: 3)
        #expect(stage.story == ["0 fired"] && stage.decisions[0].change == change)
        let later = AlertSubject.change(AlertStage.contract, at: AlertStage.start.addingTimeInterval(10))
        stage.feed([.change(later, Self.change(from: 1, to: 8))], at: 20)
        let old = AlertSubject.change(AlertStage.contract, at: AlertStage.start.addingTimeInterval(-90_000))
        stage.feed([.change(old, change), .change(later, Self.change(from: 8, to: 8))], at: 30)
        #expect(stage.story == ["0 fired", "20 fired"])
    }

    @Test func aChangeOfTermsInQuietHoursIsToldAfterThemEvenByAnotherProcess() {
        for restarts in [false, true] {
            var stage = AlertStage { rule in
                rule = AlertRule()
                rule.kind = .termsChange
                rule.quietHours = [QuietHours("14:00-14:40")!]
            }
            let input = AlertInput.change(
                .change(AlertStage.contract, at: AlertStage.start), Self.change(from: 8, to: 4))
            stage.feed([input], at: 0)
            if restarts {
                stage.restart(at: 100)
                stage.feed([input], at: 101)
            }
            stage.feed([], at: 1599)
            #expect(stage.story == ["0 quiet_hours"])
            stage.feed([], at: 1600)
            #expect(stage.story == ["0 quiet_hours", "1600 fired"] && stage.decisions[1].change != nil)
        }
    }

    private static func contract(_ number: Int) -> AlertContract {
        AlertContract(exchange: "bybit", symbol: "C\(number)", baseAsset: "C\(number)")
    }

    private static func rule(_ threshold: Double) -> AlertRule {
        var rule = AlertRule()
        rule.kind = .apr
        rule.threshold = threshold
        return rule
    }

    private static func change(from old: Double, to new: Double) -> TermsChange {
        let terms = { (hours: Double) in
            ContractTerms(
                interval: FundingInterval(hours: hours)!, rateCap: nil, rateFloor: nil, denomination: 1, status: .active
            )
        }
        return TermsChange(symbol: "BTCUSDT", baseAsset: "BTC", before: terms(old), after: terms(new))
    }
}
