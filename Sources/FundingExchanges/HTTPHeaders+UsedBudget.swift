import CurlDriver

extension HTTPHeaders {
    /// Binance and Aster count the weight an address has used within the running minute, by all its programs, and say so
    /// in every answer.
    var usedWeight: UsedBudget? { amount("x-mbx-used-weight-1m").map { UsedBudget($0) } }

    /// What has been used of a budget where headers name what is left.
    /// - Parameters:
    ///   - limit: the header that names what it is left of.
    func used(of budget: RequestBudget, remaining: String, limit: String) -> UsedBudget? {
        amount(remaining).map { UsedBudget(budget.used(leaving: $0, of: amount(limit))) }
    }

    private func amount(_ name: String) -> Double? {
        self[name].flatMap { Double($0) }.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }
}
