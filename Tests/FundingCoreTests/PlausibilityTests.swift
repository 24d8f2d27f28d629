import Foundation
import FundingCore
import Testing

@Suite struct PlausibilityTests {
    private static let observed = Date(timeIntervalSince1970: 1.7e9)

    private static func snapshot(
        rate: Double = 0.0001, mark: Double? = 100, index: Double? = 100, interest: Double? = 1e6,
        nextIn: TimeInterval? = 3600
    ) -> FundingSnapshot {
        FundingSnapshot(
            Contract(
                exchange: "e", feed: "e", symbol: "S", baseAsset: "S", quoteAsset: "USDT", settleAsset: "USDT"
            ),
            rate: rate, every: .eightHours, nextFundingTime: nextIn.map { observed + $0 }, markPrice: mark,
            indexPrice: index, openInterest: interest.map { OpenInterest(usd: $0) }, observedAt: observed
        )
    }

    @Test(arguments: [
        snapshot(), snapshot(rate: 0), snapshot(rate: -0.1), snapshot(rate: 0.1), snapshot(mark: nil, index: nil),
        snapshot(interest: 0), snapshot(interest: nil), snapshot(nextIn: nil), snapshot(nextIn: -60),
        snapshot(nextIn: 16 * 3600),
    ])
    func whatAnExchangeMayMeanIsTaken(snapshot: FundingSnapshot) {
        #expect(Plausibility.fault(of: snapshot) == nil)
    }

    @Test(arguments: [
        (snapshot(rate: 0.7), "funding rate"), (snapshot(rate: -0.1001), "funding rate"),
        (snapshot(rate: .nan), "funding rate"), (snapshot(rate: .infinity), "funding rate"),
        (snapshot(mark: 0), "mark price"), (snapshot(mark: -1), "mark price"), (snapshot(mark: .nan), "mark price"),
        (snapshot(index: 0), "index price"), (snapshot(index: .infinity), "index price"),
        (snapshot(interest: -1), "open interest"), (snapshot(interest: .infinity), "open interest"),
        (snapshot(nextIn: 16 * 3600 + 1), "next funding time"), (snapshot(nextIn: 1e12), "next funding time"),
        (snapshot(nextIn: 1e300), "next funding time"),
    ])
    func whatNoExchangeCanMeanIsNamed(snapshot: FundingSnapshot, fault: String) {
        #expect(Plausibility.fault(of: snapshot)?.hasPrefix(fault) == true)
    }

    @Test(arguments: [("US\0DT", ""), ("USDT", "7\n"), (String(repeating: "X", count: 129), "7")])
    func whatPostgresWouldRefuseIsNotPartOfAContract(quote: String, id: String) {
        var snapshot = Self.snapshot()
        #expect(Plausibility.fault(of: snapshot) == nil, "no id, and assets of the usual kind")
        snapshot.contract = Contract(
            exchange: "e", feed: "e", symbol: "S", baseAsset: "S", quoteAsset: quote, settleAsset: "", nativeID: id)
        #expect(Plausibility.fault(of: snapshot)?.hasPrefix("an asset or id") == true)
    }

    @Test func whatCannotHaveBeenPaidIsNamed() {
        func fault(_ rate: Double, _ mark: Double? = nil) -> String? {
            Plausibility.fault(of: FundingSettlement("S", settledAt: Self.observed, rate: rate, markPrice: mark))
        }
        #expect(fault(0.1) == nil && fault(-0.1, 3) == nil && fault(0) == nil)
        for rate in [0.11, -.infinity, .nan, 1e200] { #expect(fault(rate)?.hasPrefix("funding rate") == true) }
        for mark in [0, -1, .infinity] { #expect(fault(0, mark)?.hasPrefix("mark price") == true) }
    }
}
