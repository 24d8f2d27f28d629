import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// What dYdX says in its own units.
@Suite struct DYdXTests {
    private func adapter() throws -> any ExchangeAdapter { try #require(Exchanges.feeds(named: "dydx").first) }

    @Test(
        arguments: [
            ("7250", 7.25), ("1000", 1), ("3", 1), ("0", 1), ("-5", nil), ("soon", nil), ("", nil), ("nan", nil),
            // Three days are the longest pause that is believed.
            ("1e12", 259_200), (nil, nil),
        ] as [(String?, Double?)])
    func retryAfterIsInMilliseconds(text: String?, seconds: Double?) throws {
        let headers = HTTPHeaders(text.map { [("retry-after", $0)] } ?? [])
        let pause = try adapter().statedPause(in: headers, at: Recording.now)
        #expect(pause.map { $0 / .seconds(1) } == seconds)
    }

    @Test(arguments: [("37", 63.0), ("0", 100), ("-1", nil), ("many", nil), (nil, nil)] as [(String?, Double?)])
    func theHeaderTellsWhatIsUsedOfTheBudget(text: String?, used: Double?) throws {
        let headers = HTTPHeaders(text.map { [("RateLimit-Remaining", $0)] } ?? [])
        #expect(try adapter().usedBudget(in: headers) == used.map { UsedBudget($0) })
    }

    @Test func aTickersCommasAreEscapedInAPath() throws {
        var contract = try Contract(fixture: JSONDocument(#"{"symbol":"A,B,C-USD"}"#).root, "dydx")
        contract.quoteAsset = "USD"
        let window = Recording.now.addingTimeInterval(-3600)...Recording.now
        let hourly = try #require(FundingInterval(hours: 1))
        let request = try #require(adapter().historyRequests(of: contract, every: hourly, during: window).first)
        #expect(request.path == "/v4/historicalFunding/A%2CB%2CC-USD")
    }
}
