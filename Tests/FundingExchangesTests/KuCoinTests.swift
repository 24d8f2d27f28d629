import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

@Suite struct KuCoinTests {
    private let adapter: any ExchangeAdapter

    init() throws {
        adapter = try #require(Exchanges.feeds(named: "kucoin").first)
    }

    @Test func theResetHeaderIsAPauseInMilliseconds() {
        let headers = HTTPHeaders([
            ("gw-ratelimit-limit", "2000"), ("gw-ratelimit-remaining", "0"), ("gw-ratelimit-reset", "12500"),
        ])
        #expect(adapter.statedPause(in: headers, at: Recording.now) == .milliseconds(12_500))
        #expect(adapter.usedBudget(in: headers) == UsedBudget(2000))
        #expect(adapter.statedPause(in: HTTPHeaders(), at: Recording.now) == nil)
        #expect(adapter.usedBudget(in: HTTPHeaders()) == nil)
    }

    @Test(arguments: [
        (#"{"code":"429000","msg":"Too many requests."}"#, ExchangeError.Kind.rateLimited(retryAfter: nil)),
        (#"{"code":"200002","msg":"Too many requests in a short period"}"#, .rateLimited(retryAfter: .seconds(10))),
        (#"{"code":"200003","msg":"Invalid symbol."}"#, .refused(code: 200_003)),
        (#"{"code":"500000","msg":"Internal Server Error"}"#, .unavailable(status: 500_000)),
        (#"{"code":"200000","data":null}"#, .unreadable), (#"{"data":[]}"#, .unreadable),
    ])
    func aCodeTellsRefusalsOfStatus200(body: String, kind: ExchangeError.Kind) throws {
        let request = adapter.liveRequests(given: Answers())[0]
        let answer = Answer(to: request, try JSONDocument(body), receivedAt: Recording.now)
        #expect(adapter.refusal(in: answer) == kind)
    }

    @Test func aYearOfHoursTakesWindowsThatTouchAndNeverOverlap() throws {
        let contract = try Contract(fixture: JSONDocument(#"{"symbol": "CARVUSDTM"}"#).root, "kucoin")
        let window = Recording.now.addingTimeInterval(-365 * 86_400)...Recording.now
        let requests = adapter.historyRequests(of: contract, every: .hourly, during: window)
        #expect(requests.count == 89)
        let bounds = requests.map { request in
            request.query.filter { $0.name != "symbol" }.compactMap { Double($0.value) }
        }
        #expect(bounds.first?.last == Recording.now.timeIntervalSince1970 * 1000)
        #expect(bounds.last?.first == window.lowerBound.timeIntervalSince1970 * 1000)
        for (later, earlier) in zip(bounds, bounds.dropFirst()) { #expect(earlier[1] == later[0] - 1) }
        #expect(bounds.allSatisfy { $0[1] - $0[0] < 99 * 3_600_000 })
    }

    @Test(arguments: [
        #"{"token":"","instanceServers":[{"endpoint":"wss://a/"}]}"#, #"{"token":"a","instanceServers":[]}"#,
        #"{"token":"a","instanceServers":[{"endpoint":"https://a/"}]}"#,
        #"{"instanceServers":[{"endpoint":"ws://a/"}]}"#,
        "null",
    ])
    func aTicketWithoutAnAddressIsMalformed(data: String) throws {
        let stream = try #require(adapter.stream)
        let ticket = try JSONDocument(#"{"code":"200000","data":\#(data)}"#)
        #expect(throws: Rejection.self) {
            try stream.address(in: Answer(to: #require(stream.ticket), ticket, receivedAt: Recording.now))
        }
    }

    @Test func aTicketMayNameAnotherHostAndRhythm() throws {
        let stream = try #require(adapter.stream)
        let ticket = try JSONDocument(
            #"{"data":{"token":"a b","instanceServers":[{"endpoint":"ws://127.0.0.1:9/kucoin/?v=1","pingInterval":5000}]}}"#
        )
        let address = try stream.address(
            in: Answer(to: #require(stream.ticket), ticket, receivedAt: Date(timeIntervalSince1970: 7)))
        #expect(address.url == "ws://127.0.0.1:9/kucoin/?v=1&token=a%20b&connectId=7000")
        #expect(address.heartbeat == .text(#"{"id":"1","type":"ping"}"#, every: .seconds(5)))
    }
}
