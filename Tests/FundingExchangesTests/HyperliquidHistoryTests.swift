import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

struct HyperliquidHistoryTests {
    /// Seconds after the hour, and what the payment was for; nil: its own time tells.
    @Test(arguments: [(0.047, nil), (12, nil), (1450, 0), (3599.9, nil)] as [(Double, Double?)])
    func aLatePaymentIsForTheHourBefore(late: Double, due: Double?) throws {
        let adapter = try #require(Exchanges.feeds(named: "hyperliquid").first)
        let contract = try Contract(fixture: JSONDocument(#"{"symbol":"BTC","native_id":"BTC"}"#).root, "hyperliquid")
        let hour = Date(timeIntervalSince1970: 1_789_380_000)
        let window = hour.addingTimeInterval(-3600)...hour.addingTimeInterval(7200)
        let request = try #require(adapter.historyRequests(of: contract, every: .hourly, during: window).first)
        let time = Int((hour.timeIntervalSince1970 + late) * 1000)
        let body = #"[{"coin":"BTC","fundingRate":"0.0000125","premium":"0","time":\#(time)}]"#
        let row = try #require(
            try adapter.settlements(
                of: contract, in: Answer(to: request, JSONDocument(body), receivedAt: window.upperBound)
            ).rows.first)
        #expect(row.dueAt == due.map(hour.addingTimeInterval))
        if due != nil { #expect(row.slot == hour) }
    }
}
