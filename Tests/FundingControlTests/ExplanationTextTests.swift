import FundingJSON
import Testing

@testable import FundingControl

/// How `fundingctl explain` puts the API's answer into words.
struct ExplanationTextTests {
    private static let answer = """
        {"exchange":"ByBit","symbol":"XUSDT","base_asset":"X","funding_rate":0.0001,"funding_rate_kind":"predicted",
         "funding_interval_hours":8,"observed_at":"2026-11-30T08:00:00.000Z","age_seconds":12.3456,"freshness":"stale",
         "next_funding_time":null,"next_funding_time_source":"computed","period_ended":true,
         "formulas":[{"name":"apr","formula":"a * b","numbers":"1 * 2","result":2},
                     {"name":"z_score","formula":"c","numbers":"3","result":null}],
         "checks":[{"check":"the contract is listed","passed":true,"found":"active"},
                   {"check":"the rate is fresh","passed":false,"found":"stale"}],
         "terms":[{"valid_from":"2026-11-01T00:00:00.000Z","change":{"symbol":"XUSDT","kinds":["listed","interval"],
                   "after":{"funding_interval_hours":8,"rate_cap":null}}}],
         "latest_settlements":[],
         "prediction_scores":[{"horizon_minutes":60,"predictions":0},
                              {"horizon_minutes":5,"funding_interval_hours":8,"predictions":3,"mean_error":1e-5,
                               "mean_absolute_error":2e-5,"sign_flips":0}],
         "raw":RAW}
        """

    private static func told(_ raw: String) throws -> ExplanationText {
        ExplanationText(try JSONDocument(Array(answer.replacing("RAW", with: raw).utf8)).root)
    }

    @Test func everythingThatIsKnownIsTold() throws {
        let told = try Self.told(
            #"[{"request":"tickers","received_at":"2026-11-30T07:59:59.000Z","text":"{\"a\":\"1\"}"}]"#)
        let lines = told.text.split(separator: "\n").map(String.init)
        #expect(lines.first == "ByBit XUSDT, base asset X")
        #expect(lines.contains("  funding rate  0.0001, predicted, every 8 h"))
        #expect(lines.contains("  seen          2026-11-30T08:00:00.000Z, 12.3 s ago: stale"))
        #expect(lines.contains("  next funding  unknown, computed: nothing was read since the payment before"))
        #expect(lines.contains("  z_score  = c") && lines.contains("           = unknown"))
        #expect(lines.contains("  ok     the contract is listed  active"))
        #expect(lines.contains("  WRONG  the rate is fresh       stale"))
        #expect(lines.contains { $0.contains("listed, interval  funding_interval_hours 8, rate_cap unknown") })
        #expect(lines.contains("  5 min   of 8 h    3       1e-5        2e-5                 0"))
        #expect(!lines.contains { $0.contains("60 min") }, "nothing was foretold so early")
        #expect(!lines.contains("latest settlements"))
        #expect(lines.last == #"  {"a":"1"}"#)
        #expect(told.failedChecks == 1)
    }

    @Test func wordsThatNobodyKeptAreNotMissed() throws {
        #expect(try Self.told("null").text.hasSuffix("the exchange's own words\n  not kept any more"))
    }
}
