import FundingCore
import Testing

@Suite struct TokenBucketTests {
    private let start = ContinuousClock().now

    private func bucket() -> TokenBucket { TokenBucket(capacity: 10, refillPerSecond: 2, at: start) }

    @Test func aFullBucketGrantsItsCapacityAtOnce() {
        var bucket = bucket()
        for _ in 0..<10 { #expect(bucket.take(at: start) == .granted) }
        #expect(bucket.take(at: start) == .wait(.milliseconds(500)))
    }

    @Test func whatIsMissingRefillsWithTime() {
        var bucket = bucket()
        #expect(bucket.take(10, at: start) == .granted)
        #expect(bucket.take(4, at: start + .seconds(1)) == .wait(.seconds(1)))
        #expect(bucket.take(4, at: start + .seconds(2)) == .granted)
    }

    @Test func idleTimeNeverSavesUpMoreThanTheCapacity() {
        var bucket = bucket()
        #expect(bucket.take(10, at: start + .seconds(86_400)) == .granted)
        #expect(bucket.take(1, at: start + .seconds(86_400)) == .wait(.milliseconds(500)))
    }

    @Test func aWeightAboveTheCapacityIsPaidForAfterwards() {
        var bucket = bucket()
        #expect(bucket.take(30, at: start) == .granted)
        #expect(bucket.take(1, at: start) == .wait(.milliseconds(10_500)))
    }

    @Test func aClockThatStepsBackTakesNothingAway() {
        var bucket = bucket()
        #expect(bucket.take(5, at: start) == .granted)
        #expect(bucket.take(5, at: start - .seconds(60)) == .granted)
    }

    /// Whatever is asked when: in any window no more is granted than capacity and refill together.
    @Test func noWindowHoldsMoreThanBurstAndRefill() {
        var random = SeededGenerator(seed: 7)
        var bucket = bucket()
        var granted: [(at: Double, weight: Double)] = []
        var time = 0.0
        for _ in 0..<2000 {
            time += Double.random(in: 0...0.5, using: &random)
            let weight = Double(Int.random(in: 1...4, using: &random))
            if bucket.take(weight, at: start + .seconds(time)) == .granted { granted.append((time, weight)) }
        }
        for (place, first) in granted.enumerated() {
            let window = granted[place...].prefix { $0.at <= first.at + 5 }
            #expect(window.reduce(0) { $0 + $1.weight } <= 10 + 5 * 2 + 1e-6)
        }
    }
}
