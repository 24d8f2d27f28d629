import CurlDriver
import FundingCore
import FundingExchanges
import Testing

@Suite struct UsedWeightTests {
    @Test(
        arguments: ["binance-usdm", "binance-coinm", "aster"] as [FeedID],
        [("0", 0), ("1", 1), ("1500", 1500), ("2500", 2500)] as [(String, Double)]
    )
    func theHeaderSaysWhatTheAddressHasUsed(feed: FeedID, header: (text: String, used: Double)) throws {
        let adapter = try #require(Exchanges.feeds(named: feed.rawValue).first)
        let headers = HTTPHeaders([("x-mbx-used-weight-1m", header.text)])
        #expect(adapter.usedBudget(in: headers) == UsedBudget(header.used))
        #expect(adapter.usedBudget(in: HTTPHeaders([("X-MBX-USED-WEIGHT-1M", header.text)])) != nil)
    }

    @Test(arguments: ["", "-1", "many", "nan", "inf"])
    func whatIsNoWeightSaysNothing(text: String) throws {
        let adapter = try #require(Exchanges.feeds(named: "binance-usdm").first)
        #expect(adapter.usedBudget(in: HTTPHeaders([("X-MBX-USED-WEIGHT-1M", text)])) == nil)
        #expect(adapter.usedBudget(in: HTTPHeaders([("X-MBX-USED-WEIGHT", "5")])) == nil)
    }

    /// A burst is let in again soon; Binance's firewall shuts out for minutes.
    @Test func asterPausesWhereBinanceBlocks() throws {
        let aster = try #require(Exchanges.feeds(named: "aster").first)
        let binance = try #require(Exchanges.feeds(named: "binance-usdm").first)
        #expect(aster.meaning(ofStatus: 403) == .rateLimited(retryAfter: nil))
        #expect(binance.meaning(ofStatus: 403) == nil)
        #expect(aster.meaning(ofStatus: 418) == nil)
    }
}
