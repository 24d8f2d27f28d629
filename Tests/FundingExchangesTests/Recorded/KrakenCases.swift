import FundingCore

extension RecordedCase {
    static let kraken = [
        RecordedCase(
            feed: "kraken", name: "2022-inverse", now: "2022-06-17T11:00:31Z",
            answers: [
                "instruments": .file("kraken/instruments.json"),
                "tickers": .file("kraken/tickers.json"),
            ]
        ),
        // The contract's own instrument was not recorded: its terms are those of another of its kind.
        RecordedCase(
            feed: "kraken", name: "2025-linear", now: "2025-10-22T11:02:40Z",
            answers: [
                "instruments": .composed(
                    #"""
                    {"result":"success","instruments":[{"symbol":%1,"pair":%2,"type":%3,"tradeable":%4,\#
                    "maxRelativeFundingRate":%5}]}
                    """#,
                    [
                        ("kraken/tickers__pf_2025.json", ["tickers", "0", "symbol"]),
                        ("kraken/tickers__pf_2025.json", ["tickers", "0", "pair"]),
                        ("kraken/instruments.json", ["instruments", "2", "type"]),
                        ("kraken/instruments.json", ["instruments", "2", "tradeable"]),
                        ("kraken/instruments.json", ["instruments", "2", "maxRelativeFundingRate"]),
                    ]
                ),
                "tickers": .file("kraken/tickers__pf_2025.json"),
            ]
        ),
        // What was pushed, as an answer would put it.
        RecordedCase(
            feed: "kraken", name: "2026-relative", now: "2026-07-09T09:00:48Z",
            answers: [
                "instruments": .composed(
                    #"{"result":"success","instruments":[{"symbol":%1,"pair":%2,"type":%3,"tradeable":true}]}"#,
                    [
                        ("kraken/ws_ticker.json", ["product_id"]), ("kraken/ws_ticker.json", ["pair"]),
                        ("kraken/instruments.json", ["instruments", "2", "type"]),
                    ]
                ),
                "tickers": .composed(
                    #"""
                    {"result":"success","tickers":[{"symbol":%1,"tag":%2,"markPrice":%3,"indexPrice":%4,\#
                    "openInterest":%5,"fundingRate":%6,"relativeFundingRate":%7,"suspended":%8}]}
                    """#,
                    [
                        ("kraken/ws_ticker.json", ["product_id"]), ("kraken/ws_ticker.json", ["tag"]),
                        ("kraken/ws_ticker.json", ["markPrice"]), ("kraken/ws_ticker.json", ["index"]),
                        ("kraken/ws_ticker.json", ["openInterest"]), ("kraken/ws_ticker.json", ["funding_rate"]),
                        ("kraken/ws_ticker.json", ["relative_funding_rate"]),
                        ("kraken/ws_ticker.json", ["suspended"]),
                    ]
                ),
            ]
        ),
    ]
}
