/// How many of a feed's contracts with open interest have a rate of exactly zero. Single zeros are rates like others; where
/// they come in numbers, the exchange seems not to tell rates at all.
struct FeedZeros: Sendable {
    /// Contracts with open interest above zero.
    private(set) var open = 0
    /// Of those, the ones whose rate is exactly zero.
    private(set) var zeros = 0

    mutating func add(_ rate: LiveRate) { count(rate, 1) }

    mutating func remove(_ rate: LiveRate) { count(rate, -1) }

    func areSuspect(_ policy: SpreadPolicy) -> Bool {
        zeros >= policy.suspectZeroCount && Double(zeros) >= policy.suspectZeroShare * Double(open)
    }

    private mutating func count(_ rate: LiveRate, _ step: Int) {
        guard rate.isActive, let interest = rate.openInterestUSD, interest > 0 else { return }
        open += step
        if rate.fundingRate == 0 { zeros += step }
    }
}
