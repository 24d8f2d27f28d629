public import FundingCore

extension BudgetUse {
    /// Reads `FUNDING_BUDGET_SHARE` and, for simulated exchanges, `FUNDING_BUDGET_SPEED`.
    /// - Parameter isSimulated: whether no feed is asked at its exchange's own address: none keeps a faster clock.
    public init(_ environment: inout Environment, isSimulated: Bool) {
        self.init(
            share: environment.number("FUNDING_BUDGET_SHARE", in: 0.05...1, default: Self.usualShare),
            speed: environment.number("FUNDING_BUDGET_SPEED", in: 1...1000, default: 1)
        )
        if speed != 1, !isSimulated {
            environment.report("FUNDING_BUDGET_SPEED", "goes only with addresses that stand in for all exchanges'")
        }
    }
}
