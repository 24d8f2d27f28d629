import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import Testing
import WebServer

@testable import FundingAPI

/// Answers that many ask for alike.
struct SharedAnswersTests {
    private let api: DirectAPI = {
        let now = Date()
        let rates = ["BTCUSDT", "ETHUSDT"].map { Sample.rate($0, observedAt: now) }
        return DirectAPI(Sample.market((Sample.feed(observedAt: now), rates)), at: now)
    }()

    /// Counts how often an answer was made.
    private final class Maker: Sendable {
        private let made = Lock(0)
        /// Seconds that it takes.
        private let effort: Double

        init(effort: Double = 0) { self.effort = effort }

        var count: Int { made.withLock { $0 } }

        func make(_ picture: MarketView.Picture, _ now: Date, _ length: Int) -> (bytes: [UInt8], total: Int) {
            made.withLock { $0 += 1 }
            if effort > 0 { Thread.sleep(forTimeInterval: effort) }
            return (Array("\(picture.sequence)".utf8), picture.sequence)
        }
    }

    @Test func thoseWhoAskTheSameAtOnceAreAnsweredByOneMaking() async throws {
        let shared = SharedAnswers(view: api.view, session: "test")
        let maker = Maker()
        let begin = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 { group.addTask { _ = await shared.answer("one") { maker.make($0, $1, $2) } } }
        }
        // While nothing changes one lasts a second; on a machine that takes longer than that there may be another.
        #expect(maker.count <= 1 + Int((ContinuousClock.now - begin) / .seconds(1)))
        _ = await shared.answer("other") { maker.make($0, $1, $2) }
        #expect(maker.count >= 2)
    }

    @Test func aChangeIsShownAfterAWhile() async throws {
        let shared = SharedAnswers(view: api.view, session: "test")
        let maker = Maker()
        #expect(await shared.answer("one") { maker.make($0, $1, $2) }.total == 5)
        var picture = api.view.current
        picture.sequence = 6
        api.view.show(picture)
        let deadline = ContinuousClock.now + .seconds(5)
        while await shared.answer("one", { maker.make($0, $1, $2) }).total != 6 {
            try #require(ContinuousClock.now < deadline, "the old answer stayed")
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(maker.count == 2)
    }

    @Test func whileTheNextIsMadeTheLastIsGiven() async throws {
        let shared = SharedAnswers(view: api.view, session: "test")
        // It takes longer to make than one lasts while the market changes.
        let maker = Maker(effort: 1)
        #expect(await shared.answer("one") { maker.make($0, $1, $2) }.total == 5)
        var picture = api.view.current
        picture.sequence = 6
        api.view.show(picture)
        let old = await shared.answer("one") { maker.make($0, $1, $2) }
        #expect(old.total == 5)
        // Nobody waited for the second making, which was begun by the asking and serves who comes after it.
        let deadline = ContinuousClock.now + .seconds(10)
        while maker.count < 2 {
            try #require(ContinuousClock.now < deadline, "the asking began nothing")
            try await Task.sleep(for: .milliseconds(10))
        }
        while await shared.answer("one", { maker.make($0, $1, $2) }).total != 6 {
            try #require(ContinuousClock.now < deadline, "the old answer stayed")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func whatOnlyChangesAgeIsMadeOnce() async throws {
        let shared = SharedAnswers(view: api.view, session: "test")
        let maker = Maker()
        let first = await shared.answer("one", aging: .byChange) { maker.make($0, $1, $2) }
        try await Task.sleep(for: .milliseconds(1_100))
        let second = await shared.answer("one", aging: .byChange) { maker.make($0, $1, $2) }
        #expect(maker.count == 1)
        #expect(second.body === first.body)
        #expect(first.body.etag == "\"test-5\"")
    }

    @Test func whoSharesAnAnswerIsToldOfItsOtherPartsInItsOwnWords() async throws {
        for own in ["x=1", "x=2"] {
            let answer = try await api.get("/api/funding-rates?limit=1&\(own)")
            #expect(try answer.json.count == 1)
            #expect(answer.header("X-Total-Count") == "2")
            #expect(answer.header("Link")?.contains(own) == true)
        }
    }
}
