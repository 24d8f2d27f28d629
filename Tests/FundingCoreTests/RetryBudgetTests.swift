import FundingCore
import Testing

@Suite struct RetryBudgetTests {
    @Test func aNewBudgetHoldsThreeRetries() {
        var budget = RetryBudget()
        #expect(taken(4, of: &budget) == [true, true, true, false])
    }

    @Test func fiveRequestsEarnARetry() {
        var budget = RetryBudget()
        _ = taken(3, of: &budget)
        for _ in 0..<4 { budget.earn() }
        #expect(taken(1, of: &budget) == [false])
        budget.earn()
        #expect(taken(2, of: &budget) == [true, false])
    }

    @Test func healthSavesUpNoMoreThanTheReserve() {
        var budget = RetryBudget()
        for _ in 0..<1000 { budget.earn() }
        #expect(taken(4, of: &budget) == [true, true, true, false])
    }

    @Test func ofManyFailingRequestsAFifthIsAskedAgain() {
        var budget = RetryBudget()
        var retries = 0
        for _ in 0..<1000 {
            budget.earn()
            while budget.take() { retries += 1 }
        }
        #expect(abs(retries - 203) <= 1)
    }

    private func taken(_ count: Int, of budget: inout RetryBudget) -> [Bool] {
        (0..<count).map { _ in budget.take() }
    }
}
