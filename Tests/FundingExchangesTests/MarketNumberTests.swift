import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Contracts that their exchange addresses by a number know it.
@Suite struct MarketNumberTests {
    private func numbers(_ feed: FeedID) async throws -> [String: String?] {
        let snapshots = try await Recording(of: feed).poll().snapshots
        return Dictionary(uniqueKeysWithValues: snapshots.map { ($0.contract.symbol, $0.contract.nativeID) })
    }

    @Test func lightersMarketsKnowTheirNumberAndETHIsZero() async throws {
        let numbers = try await numbers("lighter")
        #expect(numbers["ETH"] == "0")
        #expect(numbers["1000PEPE"] == "2")
        #expect(numbers["NVDA"] == "8")
    }

    /// Delisted contracts keep their place (MATIC is 3), and so does the exchange's own dex among the builders'.
    @Test func hyperliquidsContractsKnowTheirPlace() async throws {
        let numbers = try await numbers("hyperliquid")
        #expect(numbers["BTC"] == "0")
        #expect(numbers["ATOM"] == "4")
        #expect(numbers["kBONK"] == "6")
        #expect(numbers["xyz:AAPL"] == "110000")
        #expect(numbers["xyz:NEW"] == "110006")
        #expect(numbers["hyna:BTC"] == "120000")
    }

    @Test func aBuildersNumberFollowsTheListOfDexs() async throws {
        let swapped = #"[null,{"name":"hyna"},{"name":"xyz"}]"#
        let snapshots = try await Recording(of: "hyperliquid", replacing: ["dexs": Array(swapped.utf8)]).poll()
            .snapshots
        #expect(snapshots.first { $0.contract.symbol == "xyz:AAPL" }?.contract.nativeID == "120000")
        #expect(snapshots.first { $0.contract.symbol == "hyna:BTC" }?.contract.nativeID == "110000")
    }

    /// What a poll read by name, the stream reads by place.
    @Test func theStreamFindsEveryContractOfThePollByItsPlace() async throws {
        let recording = try Recording(of: "hyperliquid")
        let snapshots = try await recording.poll().snapshots
        let contexts = try ["", "xyz", "hyna"].map { dex in
            let body = try JSONDocument(recording.body(dex.isEmpty ? "contexts" : "contexts.\(dex)"))
            return #"["\#(dex)",\#(try #require(body.root[1]).rawText)]"#
        }
        let message = #"{"channel":"allDexsAssetCtxs","data":{"ctxs":[\#(contexts.joined(separator: ","))]}}"#
        let stream = try #require(Exchanges.feeds(named: "hyperliquid").first?.stream)
        guard
            case .news(let news) = try stream.read(JSONDocument(message).root, StreamedContracts(snapshots))
        else { throw Rejection("no news") }
        #expect(news.rejects.isEmpty)
        #expect(news.updates.count == snapshots.count)
        for update in news.updates {
            let snapshot = try #require(snapshots.first { $0.contract.symbol == update.symbol })
            #expect(update.fundingRate == snapshot.fundingRate)
            #expect(update.markPrice == snapshot.markPrice)
            #expect(update.indexPrice == snapshot.indexPrice)
            #expect(update.openInterest?.usd == snapshot.openInterest?.usd)
        }
    }
}
