import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// Open interest that is asked for contract by contract.
@Suite struct OpenInterestTests {
    private func asked(_ exchange: ScriptedExchange) -> [String] {
        exchange.requests.filter { $0.hasPrefix("open-interest.") }
    }

    @Test func everyContractHasItsTurn() async throws {
        let exchange = try ScriptedExchange("binance-usdm") { _, _ in nil }
        let contracts = try await exchange.poller.poll().snapshots.count
        for _ in 0..<4 { _ = await exchange.poller.refreshOpenInterest(4) }
        #expect(contracts == 13)
        #expect(asked(exchange).count == 16)
        #expect(Set(asked(exchange)).count == 13)
        #expect(await exchange.poller.refreshOpenInterest(0).isEmpty)
    }

    @Test func whatWasAskedStaysForTheNextPolls() async throws {
        let exchange = try ScriptedExchange("binance-usdm") { _, _ in nil }
        let first = try await exchange.poller.poll()
        #expect(first.snapshots.allSatisfy { $0.openInterest?.usd == nil })
        let failures = await exchange.poller.refreshOpenInterest()
        // Binance answers 400 for symbols it has just delisted: that concerns them alone.
        #expect(failures.count == 8)
        #expect(failures.allSatisfy { $0.kind == .refused(code: 400) })
        let second = try await exchange.poller.poll()
        let dollars = Dictionary(second.snapshots.map { ($0.contract.symbol, $0.openInterest?.usd) }) { $1 }
        #expect(dollars["BTCUSDT"] == 83782.317 * 77748.5)
        // Quoted in bitcoin: × the price of a bitcoin.
        #expect(dollars["ETHBTC"] == 1000 * 0.033 * 77748.5)
        #expect(dollars["ZEROUSDT"] == 0)
        #expect(dollars["TSLAUSDT"] == .some(nil))
    }

    @Test(arguments: [
        #"{"openInterest":"-1"}"#, #"{"openInterest":"NaN"}"#, #"{"openInterest":""}"#, "{}", "[]", "<html>",
        #"{"openInterest":"1e308"}"#,
    ])
    func whatIsNoAmountIsNotKept(body: String) async throws {
        let exchange = try ScriptedExchange("binance-usdm") { label, _ in
            label == "open-interest.BTCUSDT" ? HTTPResponse(200, body) : nil
        }
        var poll = try await exchange.poller.poll()
        let failures = await exchange.poller.refreshOpenInterest(1)
        #expect(failures.map(\.kind) == [.unreadable])
        await exchange.poller.complete(&poll)
        #expect(poll.snapshots[0].openInterest == nil)
    }

    @Test func aPauseEndsTheRoundAtOnce() async throws {
        let exchange = try ScriptedExchange("binance-usdm") { label, _ in
            label == "open-interest.ETHBTC" ? HTTPResponse(429, retryAfter: "600") : nil
        }
        let contracts = try await exchange.poller.poll().snapshots.count
        let failures = await exchange.poller.refreshOpenInterest()
        // Those under way beside it may still arrive.
        #expect(asked(exchange).count <= 8)
        #expect(failures.filter { $0.kind.label == "rate_limited" }.count >= contracts - 8)
        #expect(await exchange.poller.gate.remainingPause != nil)
    }

    /// 95 a day, of which a poll takes 12: what fills in goes at an even pace, a tenth of a day ahead at the most.
    @Test(.timeLimit(.minutes(1))) func openInterestNeverHoldsUpRates() async throws {
        let exchange = try ScriptedExchange("binance-usdm") {
            $0.budget = RequestBudget(100, per: .seconds(86_400))
        } _: { _, _ in
            nil
        }
        _ = try await exchange.poller.poll()
        let round = Task { await exchange.poller.refreshOpenInterest() }
        while asked(exchange).count < 9 { await Task.yield() }
        for _ in 1...5 { #expect(try await exchange.poller.poll().isComplete) }
        #expect(asked(exchange).count == 9)
        round.cancel()
        #expect(await round.value.count > 0)
    }

    @Test func onlyFeedsWithoutABulkFormAskByContract() async throws {
        let byContract: Set<FeedID> = ["binance-usdm", "binance-coinm", "aster", "edgex"]
        for feed in Exchanges.all.map(\.profile.feed) {
            let exchange = try ScriptedExchange(feed) { _, _ in nil }
            _ = try await exchange.poller.poll()
            #expect(await exchange.poller.asksOpenInterestByContract == byContract.contains(feed))
        }
    }
}
