import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// What edgeX wants to be asked by number.
@Suite struct EdgeXTests {
    @Test(arguments: [(1, [1]), (150, [150]), (151, [150, 1]), (400, [150, 150, 100])])
    func ratesAreAskedByNumberInParts(contracts: Int, parts: [Int]) throws {
        let adapter = try #require(Exchanges.feeds(named: "edgex").first)
        let rows = (1...contracts).map {
            #"{"contractId":"\#(30_000_000 + $0)","enableTrade":true,"enableDisplay":true}"#
        }
        // What is hidden is not asked for.
        let hidden = #"{"contractId":"1","enableTrade":true,"enableDisplay":false}"#
        let list = ([hidden] + rows).joined(separator: ",")
        let meta = try JSONDocument(#"{"code":"SUCCESS","data":{"contractList":[\#(list)],"coinList":[]}}"#)
        let listing = try #require(adapter.listings.first)
        let requests = adapter.liveRequests(given: Answers([Answer(to: listing, meta, receivedAt: Recording.now)]))
        #expect(requests.map { $0.query[0].value.split(separator: ",").count } == parts)
        #expect(Set(requests.map(\.label)).count == requests.count)
    }

    @Test func theContractsNumberAddressesItsHistoryAndItsTicker() async throws {
        let adapter = try #require(Exchanges.feeds(named: "edgex").first)
        let poll = try await Recording(of: "edgex").poll()
        let pepe = try #require(poll.snapshots.first { $0.contract.symbol == "1000PEPEUSDC" })
        #expect(pepe.contract.nativeID == "30000046")
        #expect(pepe.rateCap == 0.004)
        #expect(pepe.rateFloor == -0.004)
        #expect(
            adapter.openInterestRequest(of: pepe.contract)?.target
                == "/api/v2/public/quote/getTicker?contractId=30000046")
    }
}
