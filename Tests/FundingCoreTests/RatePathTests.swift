import Foundation
import FundingCore
import Testing

@Suite struct RatePathTests {
    private let minute = Date(timeIntervalSince1970: 1_790_000_040)

    private func snapshot(_ symbol: String, _ rate: Double, at seconds: TimeInterval) -> FundingSnapshot {
        FundingSnapshot(
            Contract(
                exchange: "x", feed: "x", symbol: symbol, baseAsset: "BTC", quoteAsset: "USDT", settleAsset: "USDT"),
            rate: rate, every: .eightHours, observedAt: minute.addingTimeInterval(seconds)
        )
    }

    @Test func aRateThatMovedIsAPointOnceAMinute() {
        var path = RatePath()
        let steps: [(Double, TimeInterval, Bool)] = [
            (0.1, 0, true), (0.2, 30, false), (0.2, 60, true), (0.3, 90, false), (0.3, 130, true), (0.3, 200, false),
            (0.1, 260, true),
        ]
        for (rate, seconds, isPoint) in steps {
            #expect(path.points(of: [snapshot("A", rate, at: seconds)]) == (isPoint ? ["A"] : []), "\(seconds)")
        }
    }

    @Test func eachContractHasItsOwnPath() {
        var path = RatePath()
        #expect(path.points(of: [snapshot("A", 0.1, at: 0), snapshot("B", 0.1, at: 0)]) == ["A", "B"])
        #expect(path.points(of: [snapshot("A", 0.2, at: 61), snapshot("B", 0.1, at: 61)]) == ["A"])
    }
}
