import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct LighterStreamTests {
    private let stage = Stage()
    private let all = #"{"type":"subscribe","channel":"market_stats/all"}"#

    private func socket() throws -> StageSocket { try StageSocket("lighter", "/stream", on: stage) }

    @Test func theExchangeSpeaksFirst() throws {
        #expect(try socket().greeting.map { try $0.text("type") } == ["connected"])
    }

    @Test func aChannelBeginsWithAllMarketsAndGoesOnWithWhatChanged() throws {
        let socket = try socket()
        let first = try socket.ask(all)
        #expect(try first.text("type") == "subscribed/market_stats")
        #expect(try first.text("channel") == "market_stats:all")
        #expect(try first.member("market_stats").count == 115)
        #expect(try first.member("market_stats").member("0").text("symbol") == "ETH")
        #expect(try socket.pushed().isEmpty)
        let update = try #require(try socket.pushed(after: 1000).first)
        #expect(try update.text("type") == "update/market_stats")
        #expect(try (1...115).contains(update.member("market_stats").count))
    }

    /// Fractions of eight hours there, percent an hour here; coins there, dollars here.
    @Test func theStreamSaysWhatTheListsSayInOtherUnits() throws {
        let stats = try socket().ask(all).member("market_stats")
        let rates = try stage.json("lighter", "/api/v1/funding-rates").member("funding_rates").elements
        let books = try stage.json("lighter", "/api/v1/orderBookDetails").member("order_book_details")
        for row in rates where row["exchange"]?.isString("lighter") == true {
            let market = try stats.member("\(row.integer("market_id"))")
            #expect(abs(try market.number("current_funding_rate") / 100 * 8 - row.number("rate")) < 1e-9)
            let book = try books.row("symbol", market.text("symbol"))
            #expect(try market.text("mark_price") == book.text("mark_price"))
            let dollars = try book.number("open_interest") * book.number("mark_price")
            #expect(abs(try market.number("open_interest") / dollars - 1) < 1e-3)
        }
    }

    @Test func aSingleMarketComesWithoutItsNumberAround() throws {
        let answer = try socket().ask(#"{"type":"subscribe","channel":"market_stats/1"}"#)
        #expect(try answer.text("channel") == "market_stats:1")
        #expect(try answer.member("market_stats").text("symbol") == "BTC")
    }

    @Test func whatCannotBeSubscribedToIsAnError() throws {
        let socket = try socket()
        func code(_ text: String) throws -> Int { try socket.ask(text).member("error").integer("code") }
        _ = try socket.ask(all)
        #expect(try code(all) == 30003)
        #expect(try code(#"{"type":"subscribe","channel":"market_stats:all"}"#) == 30005)
        #expect(try code(#"{"type":"subscribe","channel":"market_stats/9999"}"#) == 30005)
    }

    @Test func theExchangePingsEveryMinute() throws {
        let socket = try socket()
        #expect(try socket.pushed(after: 59_000).isEmpty)
        #expect(try socket.pushed(after: 1000).map { try $0.text("type") } == ["ping"])
        #expect(try socket.send(#"{"type":"pong"}"#).isEmpty)
    }
}
