import Foundation
import FundingJSON
import Testing

@testable import ExchangeSimulator

/// The sockets of Binance's two markets and of Aster.
@Suite struct BinanceStreamTests {
    private let stage = Stage()

    /// A socket, with the messages that it says.
    private final class Socket {
        let exchange: any StreamingExchange
        let stage: Stage
        var session: StreamSession

        init?(_ feed: String, _ path: String, _ query: [String: String] = [:], on stage: Stage) throws {
            self.stage = stage
            exchange = try #require(stage.simulator.exchanges[feed] as? any StreamingExchange)
            let scene = Scene(of: feed, in: stage.simulator.universe, at: stage.now)
            guard let opening = exchange.open(SimulatedRequest("GET", path, query: query), in: scene) else {
                return nil
            }
            #expect(opening.greeting.isEmpty)
            session = opening.session
        }

        private var scene: Scene { Scene(of: exchange.feed, in: stage.simulator.universe, at: stage.now) }

        func say(_ text: String) throws -> [JSONView] {
            let message = try JSONDocument(text).root
            return try exchange.receive(message, on: &session, in: scene).map { try JSONDocument($0).root }
        }

        func push() throws -> [JSONView] {
            try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
        }
    }

    private let all = #"{"method":"SUBSCRIBE","params":["!markPrice@arr@1s"],"id":7}"#

    private func socket(_ feed: String, _ path: String, _ query: [String: String] = [:]) throws -> Socket {
        try #require(try Socket(feed, path, query, on: stage))
    }

    @Test func oldPathsAreShut() throws {
        for path in ["/stream", "/ws", "/public/stream", "/market"] {
            #expect(try Socket("binance-usdm", path, on: stage) == nil)
        }
        #expect(try Socket("binance-coinm", "/market/stream", on: stage) == nil)
    }

    @Test func aSubscriptionIsAcknowledgedByItsNumber() throws {
        let socket = try socket("binance-usdm", "/market/stream")
        #expect(try socket.push().isEmpty)
        #expect(try socket.say(all).map(\.rawText) == [#"{"result":null,"id":7}"#])
        #expect(
            try socket.say(#"{"method":"LIST_SUBSCRIPTIONS","id":8}"#).map(\.rawText)
                == [#"{"result":["!markPrice@arr@1s"],"id":8}"#])
        #expect(try socket.push().count == 2)
        _ = try socket.say(#"{"method":"UNSUBSCRIBE","params":["!markPrice@arr@1s"],"id":9}"#)
        #expect(try socket.push().isEmpty)
    }

    @Test func thePushIsWhatThePollSays() throws {
        let socket = try socket("binance-usdm", "/market/stream", ["streams": "!markPrice@arr@1s"])
        let messages = try socket.push()
        let rows = try messages.flatMap { Array(try $0.member("data").elements) }
        let premiums = try stage.json("binance-usdm", "/fapi/v1/premiumIndex")
        for symbol in ["BTCUSDT", "TSLAUSDT", "1000PEPEUSDT", "BTCUSDT_261225"] {
            let row = try #require(rows.first { $0["s"]?.isString(symbol) == true })
            let premium = try premiums.row("symbol", symbol)
            for (ours, theirs) in [("r", "lastFundingRate"), ("p", "markPrice"), ("i", "indexPrice")] {
                #expect(try row.text(ours) == premium.text(theirs))
            }
            #expect(try row.integer("T") == premium.integer("nextFundingTime"))
        }
        #expect(rows.count { $0["T"]?.int != 0 } == 572)
    }

    @Test func whatIsTradedLikeSharesComesByItself() throws {
        let messages = try socket("binance-usdm", "/market/ws/!markPrice@arr@1s").push()
        #expect(messages.map(\.kind) == [.array, .array])
        let symbols = try messages.map { Set(try $0.elements.map { try $0.text("s") }) }
        #expect(symbols[0].isDisjoint(with: symbols[1]))
        #expect(symbols[1].contains("TSLAUSDT"))
        #expect(!symbols[0].contains("TSLAUSDT"))
    }

    @Test func withoutItsSuffixAChannelIsSlower() throws {
        let socket = try socket("aster", "/ws/!markPrice@arr")
        #expect(try (0..<6).map { _ in try socket.push().count } == [1, 0, 0, 1, 0, 0])
    }

    @Test func coinMarginedChannelsAreOfOneContractOrOfAPair() throws {
        let socket = try socket("binance-coinm", "/stream")
        _ = try socket.say(
            #"{"method":"SUBSCRIBE","params":["btcusd_perp@markPrice@1s","btcusd@markPrice@1s","nobody@markPrice@1s","!markPrice@arr@1s"],"id":1}"#
        )
        let messages = try socket.push()
        #expect(messages.count == 2)
        let single = try messages[0].member("data")
        #expect(try single.text("s") == "BTCUSD_PERP")
        #expect(try single.integer("st") == 2)
        let pair = try messages[1].member("data")
        #expect(pair.count == 3)
        let dated = try #require(pair.elements.first { $0["T"]?.int == 0 })
        #expect(try dated.text("r") == "")
    }

    @Test func aSettledRateIsWhatWasPushedLast() throws {
        let contract = try stage.contract("aster", "BTCUSDT")
        let payment = contract.schedule.nextPayment(after: Stage.now)
        let socket = try socket("aster", "/stream", ["streams": "btcusdt@markPrice@1s"])
        stage.now = payment - 1
        let pushed = try #require(try socket.push().first).member("data").number("r")
        stage.now = payment + 1000
        let query = ["symbol": "BTCUSDT", "startTime": "\(payment)"]
        let row = try #require(try stage.json("aster", "/fapi/v3/fundingRate", query)[0])
        #expect(try abs(row.number("fundingRate") - pushed) < 2e-8)
        #expect(try row.integer("fundingTime") == payment)
    }

    @Test(arguments: [
        #"{"id":1}"#, #"{"method":"DANCE","id":1}"#, #"{"method":"SUBSCRIBE","id":1}"#,
        #"{"method":"SUBSCRIBE","params":[],"id":1}"#, #"{"method":"SUBSCRIBE","params":[1],"id":1}"#,
    ])
    func whatIsNoSubscriptionIsRefused(text: String) throws {
        let socket = try socket("binance-usdm", "/market/ws")
        let reply = try #require(try socket.say(text).first)
        #expect(try reply.member("error").integer("code") == 2)
        #expect(socket.session.topics.isEmpty)
    }

    @Test(arguments: [("aster", "/stream", 200), ("binance-coinm", "/stream", 1024)])
    func aSocketHasALimitOfChannels(feed: String, path: String, limit: Int) throws {
        let socket = try socket(feed, path)
        let names = (0..<limit).map { #""c\#($0)@markPrice""# }.joined(separator: ",")
        let ack = try socket.say(#"{"method":"SUBSCRIBE","params":[\#(names)],"id":1}"#)
        #expect(ack.first?["result"]?.isNull == true)
        let more = try socket.say(#"{"method":"SUBSCRIBE","params":["x@markPrice"],"id":2}"#)
        #expect(more.first?["error"] != nil)
        #expect(socket.session.topics.count == limit)
    }
}
