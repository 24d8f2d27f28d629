import FundingCore

extension RecordedCase {
    private static let binance: [String: Source] = [
        "premium-index": .file("binance/usdm_premium_index.json"),
        "funding-info": .file("binance/usdm_funding_info.json"),
        "open-interest.BTCUSDT": .file("binance/usdm_open_interest.json"),
    ]

    static let binanceUSDM = [
        RecordedCase(
            feed: "binance-usdm", name: "2021-full", now: "2024-11-27T13:54:15Z",
            answers: binance.merging(["exchange-info": .file("binance/usdm_exchange_info__2021_full.json")]) { $1 }
        ),
        RecordedCase(
            feed: "binance-usdm", name: "2025-partial", now: "2024-11-27T13:54:15Z",
            answers: binance.merging(["exchange-info": .file("binance/usdm_exchange_info.json")]) { $1 }
        ),
        // The documentation shows one contract, as an object without its list.
        RecordedCase(
            feed: "binance-usdm", name: "docs-single", now: "2020-08-14T02:01:35Z",
            answers: binance.merging([
                "exchange-info": .file("binance/usdm_exchange_info__2021_full.json"),
                "premium-index": .composed("[%1]", [("binance/usdm_premium_index_single.json", [])]),
            ]) { $1 }
        ),
    ]

    static let binanceCOINM = [
        RecordedCase(
            feed: "binance-coinm", name: "2021-full", now: "2020-07-30T07:27:22Z",
            answers: [
                "exchange-info": .file("binance/coinm_exchange_info__2021_full.json"),
                "funding-info": .file("binance/coinm_funding_info.json"),
                "premium-index": .file("binance/coinm_premium_index.json"),
                "open-interest.BTCUSD_PERP": .file("binance/coinm_open_interest.json"),
            ]
        ),
        // `null` is what the live endpoint of the terms was recorded to answer.
        RecordedCase(
            feed: "binance-coinm", name: "2025-partial", now: "2023-06-20T06:55:13Z",
            answers: [
                "exchange-info": .file("binance/coinm_exchange_info.json"), "funding-info": .composed("null", []),
                "premium-index": .file("binance/coinm_premium_index_single.json"),
                "open-interest.BTCUSD_PERP": .file("binance/coinm_open_interest.json"),
            ]
        ),
    ]
}
