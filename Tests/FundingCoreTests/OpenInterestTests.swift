import Testing

@testable import FundingCore

@Suite struct OpenInterestTests {
    @Test func whatIsStatedIsKeptWithItsUnitWhetherItCanBeValuedOrNot() {
        #expect(OpenInterest.base(3, at: 20) == OpenInterest(usd: 60, raw: .init(3, .base)))
        #expect(OpenInterest.base(3, at: nil) == OpenInterest(usd: nil, raw: .init(3, .base)))
        #expect(OpenInterest.base(0, at: 20) == OpenInterest(usd: 0, raw: .init(0, .base)))
        #expect(OpenInterest.base(nil, at: 20) == nil)
        #expect(OpenInterest.contracts(3, usd: 300) == OpenInterest(usd: 300, raw: .init(3, .contracts)))
        #expect(OpenInterest.contracts(nil, usd: nil) == nil)
        #expect(OpenInterest.dollars(5) == OpenInterest(usd: 5, raw: .init(5, .usd)))
        #expect(OpenInterest.dollars(nil) == nil)
    }

    @Test func whatALaterReadingDoesNotSayStands() {
        let first = OpenInterest.base(3, at: 20)
        #expect(first.followed(by: nil) == first)
        #expect(OpenInterest?.none.followed(by: first) == first)
        #expect(OpenInterest?.none.followed(by: nil) == nil)
        #expect(first.followed(by: .dollars(70)) == .dollars(70))
        #expect(first.followed(by: OpenInterest(usd: 70)) == OpenInterest(usd: 70, raw: .init(3, .base)))
        #expect(first.followed(by: .base(4, at: nil)) == OpenInterest(usd: 60, raw: .init(4, .base)))
    }
}
