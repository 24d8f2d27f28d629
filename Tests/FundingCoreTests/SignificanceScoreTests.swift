import FundingCore
import Testing

@Suite struct SignificanceScoreTests {
    @Test(
        arguments: [
            (nil, nil, nil, 0), (nil, 1, 1.5, 6), (1, nil, -9, 10), (1, 1, nil, 0.8), (1, -1, nil, 4.8),
            (0.5, 1, 1, 1.6), (-1, 1, 1, 3.9), (3, -3, 4, 10), (0, 2, 1, 2.6),
        ] as [(Double?, Double?, Double?, Double)])
    func itGrowsWithTheScoresAndTheirDivergence(long: Double?, short: Double?, spread: Double?, expected: Double) {
        #expect(agree(SignificanceScore.score(long: long, short: short, spread: spread), expected, scale: 1))
    }
}
