import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct DeribitStreamTests {
    private let stage = Stage()

    private func socket() throws -> StageSocket { try StageSocket("deribit", "/ws/api/v2", on: stage) }

    private func call(_ method: String, _ parameters: String, id: Int = 7) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"public/\#(method)","params":\#(parameters)}"#
    }

    @Test func theAnswerListsTheChannelsThatWereAccepted() throws {
        let channels = ["ticker.BTC-PERPETUAL.agg2", "ticker.NONE-PERPETUAL.agg2", "ticker.SOL_USDC-PERPETUAL.100ms"]
        let list = #"["\#(channels.joined(separator: #"",""#))"]"#
        let socket = try socket()
        let answer = try socket.ask(call("subscribe", #"{"channels":\#(list)}"#))
        #expect(try answer.integer("id") == 7)
        #expect(try answer.member("result").elements.compactMap(\.string) == [channels[0], channels[2]])
        let raw = try socket.ask(call("subscribe", #"{"channels":["ticker.BTC-PERPETUAL.raw"]}"#))
        #expect(try raw.member("error").integer("code") == 13778)
        #expect(
            try socket.pushed().map { try $0.member("params").text("channel") } == [channels[0], channels[2]])
    }

    @Test func aPushedTickerIsTheTicker() throws {
        let socket = try socket()
        _ = try socket.ask(call("subscribe", #"{"channels":["ticker.BTC-PERPETUAL.agg2"]}"#))
        let pushed = try #require(try socket.pushed(after: 1000).first).member("params").member("data")
        let asked = try stage.json("deribit", "/api/v2/public/ticker", ["instrument_name": "BTC-PERPETUAL"])
        #expect(try pushed.rawText == asked.member("result").rawText)
    }

    @Test func whoSetsAHeartbeatIsAskedWhetherItLives() throws {
        let socket = try socket()
        #expect(try socket.pushed(after: 100_000).isEmpty)
        #expect(try socket.ask(call("set_heartbeat", #"{"interval":5}"#)).member("error").integer("code") == -32602)
        #expect(try socket.ask(call("set_heartbeat", #"{"interval":30}"#)).text("result") == "ok")
        #expect(try socket.pushed(after: 29_000).isEmpty)
        let question = try #require(try socket.pushed(after: 1000).first)
        #expect(try question.text("method") == "heartbeat")
        #expect(try question.member("params").text("type") == "test_request")
        #expect(try !socket.ask(call("test", "{}")).member("result").text("version").isEmpty)
        #expect(try socket.pushed(after: 1000).isEmpty)
        #expect(try socket.pushed(after: 30_000).count == 1)
    }

    @Test func anUnknownMethodIsAnError() throws {
        #expect(try socket().ask(call("nonsense", "{}")).member("error").integer("code") == -32601)
    }
}
