import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Lighter cuts long answers from their front and says nothing.
@Suite struct LighterHistoryTests {
    private let adapter: any ExchangeAdapter
    private let contract: Contract
    private let hour = 1_789_380_000

    init() throws {
        adapter = try #require(Exchanges.feeds(named: "lighter").first)
        contract = try Contract(fixture: JSONDocument(#"{"symbol":"ETH","native_id":"0"}"#).root, "lighter")
    }

    private func window(hours: Int) -> ClosedRange<Date> {
        Date(timeIntervalSince1970: Double(hour - hours * 3600))...Date(timeIntervalSince1970: Double(hour))
    }

    /// The newest rows of an answer.
    private func answer(_ rows: Int, to request: ExchangeRequest) throws -> Answer {
        let rows = (0..<rows).reversed().map {
            #"{"timestamp":\#(hour - $0 * 3600),"rate":"0.0012","direction":"long"}"#
        }
        let body = #"{"code":200,"fundings":[\#(rows.joined(separator: ","))]}"#
        return Answer(to: request, try JSONDocument(body), receivedAt: window(hours: 1).upperBound)
    }

    @Test func thirtyDaysAndTodayAreOneRequest() throws {
        let window = window(hours: 30 * 24 + 23)
        let requests = adapter.historyRequests(of: contract, every: .hourly, during: window)
        #expect(requests.count == 1)
        let whole = try answer(30 * 24 + 24, to: requests[0])
        #expect(try adapter.settlements(of: contract, in: whole).rows.count == 744)
        #expect(try adapter.nextHistoryPage(after: whole, of: contract, during: window) == nil)
    }

    @Test func whatAnAnswerWasCutByIsAskedForAgain() throws {
        let window = window(hours: 30 * 24 + 23)
        let request = try #require(adapter.historyRequests(of: contract, every: .hourly, during: window).first)
        let next = try #require(
            try adapter.nextHistoryPage(after: answer(720, to: request), of: contract, during: window))
        #expect(next.target.contains("start_timestamp=\(hour - (30 * 24 + 23) * 3600 - 1)&"))
        #expect(next.target.contains("end_timestamp=\(hour - 719 * 3600)&"))
        let old = #"{"timestamp":-9223372036854775808,"rate":"0.0012","direction":"long"}"#
        let odd = try JSONDocument(#"{"fundings":[\#(Array(repeating: old, count: 700).joined(separator: ","))]}"#)
        let strange = Answer(to: request, odd, receivedAt: window.upperBound)
        #expect(try adapter.nextHistoryPage(after: strange, of: contract, during: window) == nil)
        // Nothing was paid before, and a contract that is younger than the window is no cut answer.
        #expect(try adapter.nextHistoryPage(after: answer(0, to: next), of: contract, during: window) == nil)
        #expect(try adapter.nextHistoryPage(after: answer(300, to: request), of: contract, during: window) == nil)
    }
}
