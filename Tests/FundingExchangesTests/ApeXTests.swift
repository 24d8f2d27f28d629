import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// ApeX's errors, which come with status 200, and its two spellings.
@Suite struct ApeXTests {
    private func adapter() throws -> any ExchangeAdapter { try #require(Exchanges.feeds(named: "apex").first) }

    private func answer(_ body: String, to request: ExchangeRequest) throws -> Answer {
        Answer(to: request, try JSONDocument(body), receivedAt: Recording.now)
    }

    @Test(
        arguments: [
            (#"{"code":3,"msg":"invalid symbol: NOPE-USDT"}"#, ExchangeError.Kind.refused(code: 3)),
            (#"{"code":"3","msg":"invalid symbol: NOPE-USDT"}"#, .refused(code: 3)),
            (#"{"code":10003,"msg":"too many requests"}"#, .rateLimited(retryAfter: nil)),
            (#"{"timeCost":1}"#, .unreadable), (#"{"data":{}}"#, .unreadable), (#"{"data":{"historyFunds":[]}}"#, nil),
        ] as [(String, ExchangeError.Kind?)])
    func anErrorIsToldByItsCode(body: String, kind: ExchangeError.Kind?) throws {
        let contract = try Contract(fixture: JSONDocument(#"{"symbol":"BTCUSDT","native_id":"BTC-USDT"}"#).root, "apex")
        let window = Recording.now.addingTimeInterval(-3600)...Recording.now
        let hourly = try #require(FundingInterval(hours: 1))
        let request = try #require(try adapter().historyRequests(of: contract, every: hourly, during: window).first)
        #expect(try adapter().refusal(in: answer(body, to: request)) == kind)
    }

    /// An unknown symbol's ticker is an empty list, and so would a list of everything be that is none.
    @Test func anEmptyListOfTickersIsNone() throws {
        let request = try #require(adapter().liveRequests(given: Answers()).first)
        #expect(try adapter().refusal(in: answer(#"{"data":[]}"#, to: request)) == .unreadable)
    }

    @Test func theDashedSpellingAddressesHistory() async throws {
        let poll = try await Recording(of: "apex").poll()
        let pepe = try #require(poll.snapshots.first { $0.contract.symbol == "1000PEPEUSDT" })
        #expect(pepe.contract.nativeID == "1000PEPE-USDT")
        #expect(pepe.rateCap == 0.0005)
        #expect(pepe.rateFloor == -0.0005)
    }
}
