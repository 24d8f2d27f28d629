import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Parts, listings and pages of a poll.
@Suite struct PollerTests {
    private static func failing(_ labels: String..., from first: Int = 1) -> ScriptedExchange.Script {
        { label, nth in labels.contains(label) && nth >= first ? HTTPResponse(404) : nil }
    }

    @Test(arguments: ["annotations", "tokens"])
    func anOptionalListingMayFail(label: String) async throws {
        let exchange = try ScriptedExchange("hyperliquid", Self.failing(label))
        let poll = try await exchange.poller.poll()
        #expect(poll.failures.map(\.request) == [label])
        #expect(poll.snapshots.contains { $0.contract.symbol == "xyz:AAPL" })
        #expect(!poll.isComplete)
    }

    /// Without the list of dexs their contracts are not asked for: that must not read as "delisted".
    @Test func aPollWithoutItsListOfPartsIsNotComplete() async throws {
        let exchange = try ScriptedExchange("hyperliquid", Self.failing("dexs"))
        let poll = try await exchange.poller.poll()
        #expect(poll.snapshots.count == 6)
        #expect(!poll.isComplete)
    }

    /// Only builder dexs are annotated, and there may be none of them.
    @Test func anEmptyListingIsOneWhereNothingNeedsToBeInIt() async throws {
        let exchange = try ScriptedExchange("hyperliquid") { label, _ in
            switch label {
            case "annotations": HTTPResponse(200, "[]")
            case "dexs": HTTPResponse(200, "[null]")
            default: nil
            }
        }
        let poll = try await exchange.poller.poll()
        #expect(poll.failures.isEmpty && poll.isComplete)
        #expect(poll.snapshots.count == 6)
    }

    @Test(arguments: ["[]", "{}", "null"])
    func aListOfPartsThatIsNoneIsAFailure(body: String) async throws {
        let exchange = try ScriptedExchange("hyperliquid") { label, _ in
            label == "dexs" ? HTTPResponse(200, body) : nil
        }
        let poll = try await exchange.poller.poll()
        #expect(poll.failures.map(\.request) == ["dexs"])
        #expect(!poll.isComplete)
    }

    @Test func aListingThatFailsLaterIsServedFromTheKeptOne() async throws {
        let exchange = try ScriptedExchange(
            "hyperliquid", profile: { $0.listingPeriod = .zero }, Self.failing("dexs", "tokens", from: 2)
        )
        let first = try await exchange.poller.poll()
        let second = try await exchange.poller.poll()
        #expect(second.snapshots.map(\.contract) == first.snapshots.map(\.contract))
        #expect(Set(second.failures.map(\.request)) == ["dexs", "tokens"])
        #expect(!second.isComplete, "an old list proves nobody's absence")
    }

    @Test func aRequiredListingThatFailsFailsTheFirstPollOnly() async throws {
        let exchange = try ScriptedExchange(
            "deribit", profile: { $0.listingPeriod = .zero },
            { label, nth in label == "instruments" && nth != 2 ? HTTPResponse(404) : nil }
        )
        #expect(try await exchange.failure().request == "instruments")
        let second = try await exchange.poller.poll()
        #expect(second.failures.isEmpty)
        let third = try await exchange.poller.poll()
        #expect(third.failures.map(\.request) == ["instruments"])
        #expect(third.snapshots == second.snapshots)
    }

    @Test func listingsAreKeptForTheirPeriod() async throws {
        let exchange = try ScriptedExchange("deribit") { _, _ in nil }
        for _ in 0..<3 { _ = try await exchange.poller.poll() }
        #expect(exchange.count(of: "instruments") == 1)
        #expect(exchange.count(of: "book-summary.BTC") == 3)
    }

    @Test func whatAStreamSaysOfTheListingsIsFollowedAtMostEveryTwoMinutes() async throws {
        let exchange = try ScriptedExchange("deribit") { _, _ in nil }
        for _ in 0..<4 {
            _ = try await exchange.poller.poll()
            await exchange.poller.outdateListings()
        }
        #expect(exchange.count(of: "instruments") == 2)
    }

    /// The fixture holds a contract whose next payment disproves the listed interval.
    @Test func listingsThatARowDisprovesAreAskedAgain() async throws {
        let exchange = try ScriptedExchange("binance-usdm") { _, _ in nil }
        _ = try await exchange.poller.poll()
        _ = try await exchange.poller.poll()
        #expect(exchange.count(of: "exchange-info") == 2)
        #expect(exchange.count(of: "funding-info") == 2)
    }

    @Test func anUnreadableListingIsAskedAgainAtTheNextPoll() async throws {
        let exchange = try ScriptedExchange("deribit") { label, nth in
            label == "instruments" && nth == 1 ? HTTPResponse(200, #"{"result":[]}"#) : nil
        }
        #expect(try await exchange.failure().kind == .unreadable)
        #expect(try await exchange.poller.poll().isComplete)
    }

    @Test(arguments: [404, 200])
    func aFailedPartLeavesTheOthers(status: Int) async throws {
        let exchange = try ScriptedExchange("hyperliquid") { label, _ in
            label == "contexts.xyz" ? HTTPResponse(status, "[{}]") : nil
        }
        let poll = try await exchange.poller.poll()
        #expect(
            poll.snapshots.map(\.contract.symbol) == ["BTC", "kPEPE", "KAITO", "ATOM", "ZERO", "kBONK", "hyna:BTC"])
        #expect(poll.failures.map(\.request) == ["contexts.xyz"])
        #expect(!poll.isComplete)
    }

    @Test func aPollWithoutAnyOfItsPartsFails() async throws {
        let exchange = try ScriptedExchange("bybit", Self.failing("tickers.linear", "tickers.inverse"))
        #expect(try await exchange.failure().kind == .refused(code: 404))
    }

    @Test func aRequiredRequestFailsThePoll() async throws {
        let exchange = try ScriptedExchange("hyperliquid", Self.failing("contexts"))
        #expect(try await exchange.failure().request == "contexts")
    }

    @Test func pagesAreFollowedToTheirEnd() async throws {
        let exchange = try ScriptedExchange("bybit") { _, _ in nil }
        _ = try await exchange.poller.poll()
        #expect(exchange.requests.filter { $0.hasPrefix("instruments") }.count == 3)
    }

    @Test func pagesThatNeverEndAreCutOff() async throws {
        let endless = #"{"retCode":0,"result":{"category":"linear","list":[],"nextPageCursor":"again"}}"#
        let exchange = try ScriptedExchange("bybit") { label, _ in
            label.hasPrefix("instruments.linear") ? HTTPResponse(200, endless) : nil
        }
        let poll = try await exchange.poller.poll()
        #expect(exchange.requests.filter { $0.hasPrefix("instruments.linear") }.count == 20)
        #expect(poll.failures.map(\.request) == ["instruments.linear"])
        #expect(!poll.isComplete)
        // The tickers name base and quote on their own.
        #expect(poll.snapshots.contains { $0.contract.baseAsset == "BTC" && $0.contract.marketType == .unknown })
    }

    @Test func aFailedPageTakesTheOthersOfItsListWithIt() async throws {
        let exchange = try ScriptedExchange("bybit", Self.failing("instruments.linear.page2"))
        let poll = try await exchange.poller.poll()
        #expect(poll.failures.map(\.request) == ["instruments.linear"])
        let bitcoin = poll.snapshots.first { $0.contract.symbol == "BTCUSDT" }
        #expect(bitcoin?.contract.marketType == .unknown)
    }

    @Test(arguments: [
        #"{"code":200,"funding_rates":[]}"#,
        // Other exchanges' rates, and nothing of its own.
        #"{"code":200,"funding_rates":[{"market_id":1,"exchange":"binance","symbol":"BTC","rate":0.0001}]}"#,
        #"{"code":200,"funding_rates":[{"market_id":1,"exchange":"lighter","symbol":"BTC","rate":7}]}"#,
    ])
    func aPollWithoutAContractIsAFailure(body: String) async throws {
        let exchange = try ScriptedExchange("lighter") { label, _ in
            label == "funding-rates" ? HTTPResponse(200, body) : nil
        }
        #expect(try await exchange.failure().kind == .unreadable)
    }

    @Test func aSymbolThatStandsTwiceIsRefusedOnce() async throws {
        let twice = #"""
            {"code":200,"funding_rates":[{"market_id":1,"exchange":"lighter","symbol":"BTC","rate":0.0001},
            {"market_id":1,"exchange":"lighter","symbol":"BTC","rate":0.0002}]}
            """#
        let exchange = try ScriptedExchange("lighter") { label, _ in
            label == "funding-rates" ? HTTPResponse(200, twice) : nil
        }
        let poll = try await exchange.poller.poll()
        #expect(poll.snapshots.map(\.fundingRate) == [0.0000125])
        #expect(poll.rejects == [Reject(symbol: "BTC", reason: "the symbol stands twice in one poll")])
    }
}
