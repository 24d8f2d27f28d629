import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct BybitStreamTests {
    private let stage = Stage()

    private func socket(_ category: String = "linear") throws -> StageSocket {
        try StageSocket("bybit", "/v5/public/\(category)", on: stage)
    }

    @Test func aTopicBeginsWithASnapshotAndGoesOnWithWhatChanged() throws {
        let socket = try socket()
        let answer = try socket.ask(#"{"op":"subscribe","args":["tickers.BTCUSDT","tickers.SHIB1000USDT"]}"#)
        #expect(answer["success"]?.bool == true)
        let snapshots = try socket.pushed()
        #expect(try snapshots.map { try $0.text("topic") } == ["tickers.BTCUSDT", "tickers.SHIB1000USDT"])
        #expect(try snapshots.allSatisfy { try $0.text("type") == "snapshot" })
        let whole = try snapshots[0].member("data")
        #expect(try socket.pushed().isEmpty)

        let delta = try #require(try socket.pushed(after: 1000).first)
        #expect(try delta.text("type") == "delta")
        let data = try delta.member("data")
        #expect(try data.text("symbol") == "BTCUSDT")
        #expect(data.count < whole.count)
        for (name, value) in data.members where name != "symbol" { #expect(whole[name]?.rawText != value.rawText) }
        #expect(data["nextFundingTime"] == nil)
        #expect(data["fundingIntervalHour"] == nil)
    }

    @Test func snapshotAndDeltasTogetherAreTheTicker() throws {
        let socket = try socket("inverse")
        _ = try socket.ask(#"{"op":"subscribe","args":["tickers.BTCUSD"]}"#)
        var state: [String: String] = [:]
        for _ in 0..<20 {
            for message in try socket.pushed(after: 1000) {
                for (name, value) in try message.member("data").members { state[name] = value.rawText }
            }
        }
        let list = try stage.json("bybit", "/v5/market/tickers", ["category": "inverse", "symbol": "BTCUSD"])
            .member("result").member("list")
        let ticker = try #require(list[0])
        for name in ["markPrice", "indexPrice", "fundingRate", "nextFundingTime", "singleOpenInterest"] {
            #expect(try state[name] == ticker.member(name).rawText, "\(name)")
        }
    }

    @Test func oneBadTopicFailsTheWholeMessage() throws {
        let socket = try socket()
        for args in [#""tickers.BTCUSDT","tickers.NONE""#, #""tickers.BTCUSD""#, #""orderbook.1.BTCUSDT""#, ""] {
            let answer = try socket.ask(#"{"op":"subscribe","args":[\#(args)]}"#)
            #expect(answer["success"]?.bool == false)
            #expect(try !answer.text("ret_msg").isEmpty)
        }
        #expect(try socket.pushed().isEmpty)
        #expect(try socket.ask(#"{"op":"subscribe","args":["tickers.BTCUSDT"],"req_id":"7"}"#).text("req_id") == "7")
        #expect(try socket.ask(#"{"op":"subscribe","args":["tickers.BTCUSDT"]}"#)["success"]?.bool == false)
        #expect(try socket.pushed().count == 1)
    }

    @Test func argumentsOfAConnectionAreLimited() throws {
        let socket = try socket()
        let topic = #""tickers.BTCUSDT""#
        let many = Array(repeating: topic, count: 1500).joined(separator: ",")
        #expect(try socket.ask(#"{"op":"subscribe","args":[\#(many)]}"#).text("ret_msg").contains("args size"))
    }

    @Test func datedContractsHaveADateAndNoFunding() throws {
        let socket = try socket()
        let symbol = try #require(stage.simulator.universe.contracts["bybit"]?.first { $0.symbol.hasPrefix("BTC-") })
            .symbol
        _ = try socket.ask(#"{"op":"subscribe","args":["tickers.\#(symbol)"]}"#)
        let data = try #require(try socket.pushed().first).member("data")
        #expect(try data.text("deliveryTime") == "2026-12-25T08:00:00Z")
        #expect(try data.text("fundingRate") == "")
    }

    @Test func aPingIsAnswered() throws {
        let answer = try socket().ask(#"{"op":"ping"}"#)
        #expect(try answer.text("ret_msg") == "pong")
        #expect(try answer.text("op") == "ping")
    }
}
