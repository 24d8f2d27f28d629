import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct DeribitTests {
    private let stage = Stage()
    private let path = "/api/v2/public/get_funding_rate_history"

    private func history(_ days: Int) throws -> [JSONView] {
        let query = [
            "instrument_name": "SOL_USDC-PERPETUAL", "start_timestamp": "\(Stage.now - days * .millisecondsOfDay)",
            "end_timestamp": "\(Stage.now)",
        ]
        return try Array(stage.json("deribit", path, query).member("result").elements)
    }

    @Test func historyIsHourlyAndAtMost744Rows() throws {
        let rows = try history(30)
        #expect(rows.count == 720)
        #expect(try history(60).count == 744)
        let times = try rows.map { try $0.integer("timestamp") }
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == .millisecondsOfHour })
    }

    @Test func eightHoursAreTheRollingSumOfEachHour() throws {
        let rows = try history(3)
        for end in 7..<rows.count {
            let sum = try rows[end - 7...end].reduce(0) { try $0 + $1.number("interest_1h") }
            #expect(abs(try rows[end].number("interest_8h") - sum) < 1e-12)
        }
        #expect(try rows.contains { try $0.number("interest_1h") != 0 })
    }

    @Test func theSummaryAtAFullHourIsWhatHistoryThenSays() throws {
        stage.now = Stage.now.floored(to: .millisecondsOfHour)
        let query = ["currency": "USDC", "kind": "future"]
        let summary = try stage.json("deribit", "/api/v2/public/get_book_summary_by_currency", query)
            .member("result").row("instrument_name", "SOL_USDC-PERPETUAL")
        let last = try #require(
            try stage.json(
                "deribit", path,
                [
                    "instrument_name": "SOL_USDC-PERPETUAL", "start_timestamp": "\(stage.now)",
                    "end_timestamp": "\(stage.now)",
                ]
            ).member("result")[0]
        )
        #expect(abs(try summary.number("funding_8h") - last.number("interest_8h")) < 1e-8)
    }

    @Test func currenciesHoldTwentyPerpetualsAndDatedOnesWithoutFunding() throws {
        let any = ["currency": "any", "kind": "future", "expired": "false"]
        let instruments = try stage.json("deribit", "/api/v2/public/get_instruments", any).member("result").elements
        let perpetual = instruments.filter { $0["settlement_period"]?.isString("perpetual") == true }
        #expect(perpetual.count == 20)
        var rows: [JSONView] = []
        for currency in ["BTC", "ETH", "USDC"] {
            let query = ["currency": currency, "kind": "future"]
            rows += try stage.json("deribit", "/api/v2/public/get_book_summary_by_currency", query).member("result")
                .elements
        }
        #expect(rows.filter { $0["funding_8h"] != nil }.count == 20)
        #expect(rows.count == instruments.count)
        #expect(
            try stage.get("deribit", "/api/v2/public/get_book_summary_by_currency", ["currency": "XYZ"]).status == 400)
    }

    @Test func jsonRPCAnswersTheSame() throws {
        let call = #"{"jsonrpc":"2.0","id":7,"method":"public/ticker","params":{"instrument_name":"BTC-PERPETUAL"}}"#
        let answer = try JSONDocument(stage.post("deribit", "/api/v2", call).body).root
        #expect(try answer.integer("id") == 7)
        #expect(try answer.member("result").text("instrument_name") == "BTC-PERPETUAL")
    }
}
