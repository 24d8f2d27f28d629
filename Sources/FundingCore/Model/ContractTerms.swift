/// What a contract's owner is bound by, apart from its rate: the entry of the interval ledger.
public struct ContractTerms: Hashable, Sendable {
    public enum Status: String, Sendable {
        case active, inactive
    }

    public var interval: FundingInterval
    /// The highest and the lowest rate per interval, if the exchange says so.
    public var rateCap: Double?
    public var rateFloor: Double?
    /// Units of the base asset in one unit of the symbol.
    public var denomination: Double
    public var status: Status

    public init(
        interval: FundingInterval, rateCap: Double?, rateFloor: Double?, denomination: Double, status: Status
    ) {
        self.interval = interval
        self.rateCap = rateCap
        self.rateFloor = rateFloor
        self.denomination = denomination
        self.status = status
    }
}

/// A new entry of the interval ledger.
public struct TermsChange: Hashable, Sendable {
    /// What a change amounts to, for those who only want some of them.
    public enum Kind: String, Sendable, CaseIterable {
        case listed, delisted, relisted, interval, denomination, limits
    }

    public var symbol: String
    public var baseAsset: String
    /// Nil for a contract that was not known.
    public var before: ContractTerms?
    public var after: ContractTerms

    public init(symbol: String, baseAsset: String, before: ContractTerms?, after: ContractTerms) {
        self.symbol = symbol
        self.baseAsset = baseAsset
        self.before = before
        self.after = after
    }

    /// All that it amounts to, the weightiest first.
    public var kinds: [Kind] {
        guard let before else { return [.listed] }
        var kinds: [Kind] = []
        switch (before.status, after.status) {
        case (.active, .inactive): kinds.append(.delisted)
        case (.inactive, .active): kinds.append(.relisted)
        default: break
        }
        if before.interval != after.interval { kinds.append(.interval) }
        if before.denomination != after.denomination { kinds.append(.denomination) }
        if before.rateCap != after.rateCap || before.rateFloor != after.rateFloor { kinds.append(.limits) }
        return kinds
    }
}
