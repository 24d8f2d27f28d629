import CurlDriver
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

@Suite struct MEXCTests {
    private let adapter: any ExchangeAdapter

    init() throws {
        adapter = try #require(Exchanges.feeds(named: "mexc").first)
    }

    @Test(arguments: [
        (
            #"{"success":false,"code":510,"message":"Requests are too frequent, please try again later"}"#,
            ExchangeError.Kind.rateLimited(retryAfter: nil)
        ),
        (#"{"success":false,"code":500,"message":"Internal error"}"#, .unavailable(status: 500)),
        (#"{"success":false,"code":501,"message":"System busy"}"#, .unavailable(status: 501)),
        (#"{"success":false,"code":1001,"message":"Contract not exists"}"#, .refused(code: 1001)),
        (#"{"success":true,"code":0,"data":null}"#, .unreadable), (#"{"success":true,"code":0}"#, .unreadable),
        (#"{"code":0,"data":[]}"#, .unreadable), (#"{"success":false}"#, .unreadable),
    ])
    func successTellsRefusalsOfStatus200(body: String, kind: ExchangeError.Kind) throws {
        let request = adapter.liveRequests(given: Answers())[0]
        let answer = Answer(to: request, try JSONDocument(body), receivedAt: Recording.now)
        #expect(adapter.refusal(in: answer) == kind)
    }

    @Test func theListOfContractsHasABudgetOfItsOwn() {
        #expect(adapter.listings.map(\.ownBudget) == ["detail"])
        #expect(adapter.profile.ownBudgets["detail"]?.weight == 1)
        #expect(adapter.profile.ownBudgets["detail"]?.window == .seconds(5))
        #expect(adapter.liveRequests(given: Answers()).allSatisfy { $0.ownBudget == nil })
    }

    /// Every contract takes two subscriptions, one a message: 75 contracts are as many as one connection is known to bear.
    @Test func aConnectionBearsAHundredAndFiftySubscriptions() throws {
        let stream = try #require(adapter.stream)
        let contracts = try (1...200).map { number in
            FundingSnapshot(
                try Contract(fixture: JSONDocument(#"{"symbol": "C\#(number)_USDT"}"#).root, "mexc"), rate: 0,
                every: .eightHours, observedAt: Recording.now
            )
        }
        let connections = stream.connections(for: StreamedContracts(contracts))
        #expect(connections.map(\.contracts) == [75, 75, 50])
        #expect(connections.map(\.subscriptions.count) == [150, 150, 100])
        #expect(Set(connections.flatMap(\.subscriptions)).count == 400)
    }
}
