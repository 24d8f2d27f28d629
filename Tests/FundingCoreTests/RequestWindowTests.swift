import FundingCore
import Testing

@Suite struct RequestWindowTests {
    private let start = ContinuousClock().now

    /// Ten in a second.
    private func window() -> RequestWindow { RequestWindow(allowing: 10, per: .seconds(1), at: start) }

    /// A sixtieth of the window is added.
    private let whole = Duration.seconds(61) / 60

    @Test func liveRequestsMayTakeAllAtOnce() {
        var window = window()
        for _ in 0..<10 { #expect(window.take(1, .live, at: start) == .granted) }
        #expect(isNearly(window.take(1, .live, at: start), whole))
        #expect(window.take(1, .live, at: start + whole) == .granted)
    }

    @Test func aWaitIsAsLongAsWeightNeedsToLeave() {
        var window = window()
        #expect(window.take(4, .live, at: start) == .granted)
        #expect(window.take(6, .live, at: start + .milliseconds(500)) == .granted)
        #expect(isNearly(window.take(4, .live, at: start + .milliseconds(600)), whole - .milliseconds(600)))
        #expect(isNearly(window.take(5, .live, at: start + .milliseconds(600)), whole - .milliseconds(100)))
    }

    @Test func aWeightAboveTheAllowanceGoesAlone() {
        var window = window()
        #expect(window.take(1, .live, at: start) == .granted)
        #expect(isNearly(window.take(30, .live, at: start), whole))
        #expect(window.take(30, .live, at: start + whole) == .granted)
        #expect(isNearly(window.take(1, .live, at: start + whole), whole))
    }

    @Test func backgroundRequestsGoAtAnEvenPaceAndMakeUpForATenthOfAWindow() {
        var window = window()
        // As if it had lagged behind.
        #expect(window.take(1, .background, at: start) == .granted)
        let step = whole / 10
        #expect(isNearly(window.take(1, .background, at: start), step - .milliseconds(100)))
        var granted = 0
        for millisecond in 0..<10_000
        where window.take(1, .background, at: start + .milliseconds(millisecond)) == .granted { granted += 1 }
        #expect((97...100).contains(granted))
        // Idle time saves up no more.
        granted = 0
        for _ in 0..<10 where window.take(1, .background, at: start + .seconds(60)) == .granted { granted += 1 }
        #expect(granted == 1)
    }

    @Test func whatLiveRequestsNeededLatelyIsLeftToThem() {
        var window = window()
        #expect(window.take(4, .live, at: start) == .granted)
        // A poll every three seconds.
        var background = 0
        for millisecond in 1...30_000 {
            let now = start + .milliseconds(millisecond)
            if window.take(1, .background, at: now) == .granted { background += 1 }
            if millisecond % 3000 == 0 { #expect(window.take(4, .live, at: now) == .granted, "\(millisecond)") }
        }
        // Six a window are left.
        #expect((170...178).contains(background))
    }

    @Test func whoFirstHasToWaitIsLetInBeforeTheBackground() {
        var window = window()
        for millisecond in 0..<2000 { _ = window.take(1, .background, at: start + .milliseconds(millisecond)) }
        guard case .wait = window.take(3, .live, at: start + .seconds(2)) else {
            Issue.record("the background had left something")
            return
        }
        var waited = 0
        while window.take(3, .live, at: start + .milliseconds(2000 + waited)) != .granted {
            #expect(window.take(1, .background, at: start + .milliseconds(2000 + waited)) != .granted)
            waited += 1
        }
        #expect(waited < 400)
    }

    @Test func backgroundRequestsAreNotStarvedByBusyLiveOnes() {
        var window = window()
        var granted = 0
        for millisecond in 0..<20_000 {
            let now = start + .milliseconds(millisecond)
            if window.take(1, .background, at: now) == .granted { granted += 1 }
            _ = window.take(1, .live, at: now)
        }
        #expect(granted > 20)
    }

    @Test func aNeedIsForgottenWhenNobodyHasItAnyMore() {
        var window = window()
        #expect(window.take(8, .live, at: start) == .granted)
        func granted(from second: Int) -> Int {
            (0..<10_000).count {
                window.take(1, .background, at: start + .seconds(second) + .milliseconds($0)) == .granted
            }
        }
        #expect((19...21).contains(granted(from: 10)))
        #expect((97...100).contains(granted(from: 200)))
    }

    @Test func whatTheExchangeCountsBeyondOurOwnCountsUntilItHasLeft() {
        var window = window()
        #expect(window.take(2, .live, at: start) == .granted)
        window.take(upTo: 9, at: start + .milliseconds(500))
        #expect(window.take(1, .live, at: start + .milliseconds(500)) == .granted)
        #expect(isNearly(window.take(1, .live, at: start + .milliseconds(500)), whole - .milliseconds(500)))
        // A younger window of the exchange's says nothing of ours.
        window.take(upTo: 0, at: start + .milliseconds(500))
        #expect(window.take(1, .live, at: start + .milliseconds(500)) != .granted)
        #expect(window.take(3, .live, at: start + whole) != .granted)
        #expect(window.take(2, .live, at: start + whole) == .granted)
        #expect(window.take(8, .live, at: start + whole + .milliseconds(500)) == .granted)
    }

    @Test func aClockThatStepsBackGivesNothingAway() {
        var window = window()
        #expect(window.take(10, .live, at: start + .seconds(60)) == .granted)
        #expect(window.take(1, .live, at: start) != .granted)
        #expect(window.take(1, .live, at: start + .seconds(60) + whole) == .granted)
    }

    /// Whatever is asked when, however urgent: the count of no stretch of time as long as the window exceeds the allowance.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func noStretchOfTimeHoldsMoreThanTheAllowance(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = window()
        var granted: [(at: Double, weight: Double)] = []
        var time = 0.0
        for _ in 0..<4000 {
            time += Double.random(in: 0...0.1, using: &random)
            let weight = Double(Int.random(in: 1...4, using: &random))
            let urgency: RequestUrgency = Bool.random(using: &random) ? .live : .background
            if window.take(weight, urgency, at: start + .seconds(time)) == .granted { granted.append((time, weight)) }
        }
        for (place, first) in granted.enumerated() {
            let stretch = granted[place...].prefix { $0.at < first.at + 1 }
            #expect(stretch.reduce(0) { $0 + $1.weight } <= 10)
        }
        // And hardly less than there is.
        #expect(granted.reduce(0) { $0 + $1.weight } > time * 10 * 0.8)
    }

    private func isNearly(_ decision: RequestWindow.Decision, _ expected: Duration) -> Bool {
        guard case .wait(let duration) = decision else { return false }
        return abs((duration - expected) / .seconds(1)) < 0.01
    }
}
