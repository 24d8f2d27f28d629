import FundingCore
import Testing

@Suite struct PredictionScoreTests {
    @Test func errorsAddUp() {
        var score = PredictionScore(every: .eightHours)
        #expect(score.meanError == nil)
        #expect(score.meanAbsoluteError == nil)
        #expect(score.signFlipRate == nil)
        score.add(predicted: 0.0003, every: .eightHours, settled: 0.0001, for: .eightHours)
        score.add(predicted: -0.0001, every: .eightHours, settled: 0.0003, for: .eightHours)
        #expect(score.count == 2)
        #expect(agree(score.meanError, -0.0001))
        #expect(agree(score.meanAbsoluteError, 0.0003))
        #expect(score.signFlips == 1)
        #expect(score.signFlipRate == 0.5)
    }

    @Test func aPredictionForAnotherIntervalIsBroughtToThePaymentsOwn() {
        var score = PredictionScore(every: .hourly)
        score.add(predicted: 0.0008, every: .eightHours, settled: 0.0001, for: .hourly)
        #expect(agree(score.meanError, 0, scale: 1e-4))
    }

    @Test func withAPaymentOfAnotherIntervalTheErrorsBeginAnew() {
        var score = PredictionScore(every: .eightHours)
        score.add(predicted: 0.0008, every: .eightHours, settled: -0.0008, for: .eightHours)
        score.add(predicted: 0.0002, every: .hourly, settled: 0.0001, for: .hourly)
        var hourly = PredictionScore(every: .hourly)
        hourly.add(predicted: 0.0002, every: .hourly, settled: 0.0001, for: .hourly)
        #expect(score == hourly)
        #expect(score.interval == .hourly && score.count == 1 && score.signFlips == 0)
    }

    @Test func aRateOfZeroGoesNoWay() {
        var score = PredictionScore(every: .hourly)
        score.add(predicted: 0, every: .hourly, settled: 0.0001, for: .hourly)
        score.add(predicted: 0.0001, every: .hourly, settled: 0, for: .hourly)
        #expect(score.signFlips == 0)
    }
}
