import FundingCore

extension RecordedCase {
    static let deribit = [
        RecordedCase(
            feed: "deribit", name: "inverse", now: "2025-11-20T21:36:17Z",
            answers: [
                "instruments": .file("deribit/instruments_future.json"),
                "book-summary.BTC": .file("deribit/book_summary_by_instrument.json"),
            ]
        ),
        RecordedCase(
            feed: "deribit", name: "usdc-2022", now: "2022-06-16T16:55:25Z",
            answers: [
                "instruments": .file("deribit/instruments__usdc_2022_full.json"),
                "book-summary.USDC": .composed(
                    #"{"jsonrpc":"2.0","result":[%1]}"#,
                    [("deribit/ws_ticker__linear_usdc.json", ["params", "data"])]
                ),
            ]
        ),
        RecordedCase(
            feed: "deribit", name: "ticker", now: "2021-06-07T09:54:41Z",
            answers: [
                "instruments": .file("deribit/instruments_future.json"),
                "book-summary.BTC": .composed(
                    #"{"jsonrpc":"2.0","result":[%1]}"#, [("deribit/ticker.json", ["result"])]
                ),
            ]
        ),
    ]
}
