import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// What Hibachi does not say is found out, and what cannot be found out is not made up.
@Suite struct HibachiIntervalTests {
    private func intervals(_ poll: FeedPoll) -> [String: String] {
        Dictionary(poll.snapshots.map { ($0.contract.symbol, $0.interval.description) }) { $1 }
    }

    @Test func theLastTwoPaymentsTellTheInterval() async throws {
        let found = intervals(try await Recording(of: "hibachi").poll())
        #expect(found["BTC/USDT-P"] == "1h")
        #expect(found["ETH/USDT-P"] == "4h")
        #expect(found["PAXG/USDT-P"] == "8h")
        #expect(found["ODD/USDT-P"] == nil)
    }

    /// The hour is what was measured of all markets; that a part did not answer stays visible.
    @Test(arguments: ["exchange-info", "recent-payments.ETH-USDT-P"])
    func withoutPaymentsItIsTheHourThatWasMeasured(label: String) async throws {
        let exchange = try ScriptedExchange("hibachi") { asked, _ in asked == label ? HTTPResponse(404) : nil }
        let poll = try await exchange.poller.poll()
        #expect(Set(intervals(poll).values) == ["1h"])
        #expect(poll.failures.map(\.request) == ["exchange-info"])
        #expect(!poll.isComplete)
    }

    @Test(arguments: ["18446744073709551615", "1e300", "-9e99"])
    func timesThatAreNoneAreARejectAndNoCrash(time: String) async throws {
        let exchange = try ScriptedExchange("hibachi") { asked, _ in
            asked != "recent-payments.ETH-USDT-P"
                ? nil : HTTPResponse(200, #"{"data":[{"fundingTimestamp":1789326000},{"fundingTimestamp":\#(time)}]}"#)
        }
        let poll = try await exchange.poller.poll()
        #expect(intervals(poll)["ETH/USDT-P"] == nil && intervals(poll)["BTC/USDT-P"] == "1h")
        #expect(poll.rejects.contains { $0.symbol == "ETH/USDT-P" && $0.reason.contains("interval unknown") })
    }

    @Test func onlyLiveMarketsAreAskedForTheirPayments() async throws {
        let exchange = try ScriptedExchange("hibachi") { _, _ in nil }
        _ = try await exchange.poller.poll()
        let asked = exchange.requests.filter { $0.hasPrefix("recent-payments") }
        #expect(asked.count == 6)
        #expect(!asked.contains("recent-payments.GONE-USDT-P"))
        _ = try await exchange.poller.poll()
        #expect(exchange.requests.count == 6 + 1 + 2)
    }

    @Test(arguments: [503, 404, 200])
    func anExchangeThatFailsHasNoMarkets(status: Int) async throws {
        let exchange = try ScriptedExchange("hibachi") { label, _ in
            label == "inventory" ? HTTPResponse(status, #"{"markets":[]}"#) : nil
        }
        _ = try await exchange.failure()
    }
}
