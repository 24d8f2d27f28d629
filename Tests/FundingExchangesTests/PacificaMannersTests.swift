import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

@Suite struct PacificaMannersTests {
    private func adapter() throws -> any ExchangeAdapter { try #require(Exchanges.feeds(named: "pacifica").first) }

    private func headers(_ value: String) -> HTTPHeaders { HTTPHeaders([("RateLimit", value)]) }

    @Test(
        arguments: [
            (#""credits";r=910;t=23"#, 9, 23), (#""credits"; r=0; t=7"#, 100, 7), (#""credits";t=60;r=5"#, 99.5, 60),
            (#""credits";r=1000;t=0"#, 0, 1), (#""credits";r=10"#, 99, nil), (#""credits";t=5"#, nil, 5),
            (#""credits";r=-1;t=-1"#, nil, nil), (#""credits";r=many;t=soon"#, nil, nil), ("", nil, nil),
            ("r", nil, nil), (#""credits";r=nan;t=inf"#, nil, nil), (#""credits";q=1000;w=60"#, nil, nil),
        ] as [(String, Double?, Double?)])
    func creditsAreStatedInTenthsAndTheWaitInSeconds(value: String, credits: Double?, seconds: Double?) throws {
        let adapter = try adapter()
        #expect(adapter.usedBudget(in: headers(value)) == credits.map { UsedBudget($0) })
        #expect(adapter.statedPause(in: headers(value), at: Recording.now) == seconds.map { .seconds($0) })
    }

    @Test func withoutTheHeaderNothingIsStated() throws {
        let adapter = try adapter()
        #expect(adapter.usedBudget(in: HTTPHeaders()) == nil)
        #expect(adapter.statedPause(in: HTTPHeaders(), at: Recording.now) == nil)
    }

    @Test func aPageOfHistoryCostsNineCreditsHoweverShort() throws {
        let contract = try Contract(fixture: JSONDocument(#"{"symbol":"BTC"}"#).root, "pacifica")
        for hours in [1.0, 720, 9000] {
            let window = Recording.now.addingTimeInterval(-hours * 3600)...Recording.now
            let requests = try adapter().historyRequests(of: contract, every: .hourly, during: window)
            #expect(requests.map(\.weight) == [9])
        }
    }
}
