import FundingCore

extension RecordedCase {
    private static let ticker = "edgex/ticker_30000001.json"
    private static let page = "edgex/funding_rate_page_30000001.json"

    // No answer of `getLatestFundingRate` was recorded: one is made of a ticker, whose rate is the estimate, and one of
    // the newest row of a history page, which has the same fields.
    static let edgex = [
        RecordedCase(
            feed: "edgex", name: "2026-09-bitcoin", now: "2026-09-13T22:37:20Z",
            answers: [
                "meta": .file("edgex/meta_data.json"),
                "funding.1": .composed(
                    """
                    {"code":"SUCCESS","data":[{"contractId":%1,"fundingTime":%2,"forecastFundingRate":%3,"markPrice":%4,\
                    "indexPrice":%5,"fundingRate":%6,"predictedFundingRate":%7,"fundingRateIntervalMin":%8}]}
                    """,
                    [
                        (ticker, ["data", "0", "contractId"]), (ticker, ["data", "0", "fundingTime"]),
                        (ticker, ["data", "0", "fundingRate"]), (ticker, ["data", "0", "markPrice"]),
                        (ticker, ["data", "0", "indexPrice"]), (page, ["data", "dataList", "0", "fundingRate"]),
                        (page, ["data", "dataList", "0", "predictedFundingRate"]),
                        (page, ["data", "dataList", "0", "fundingRateIntervalMin"]),
                    ]
                ),
                "ticker.30000001": .file(ticker),
            ]
        ),
        RecordedCase(
            feed: "edgex", name: "2026-09-at-a-payment", now: "2026-09-13T20:00:10Z",
            answers: [
                "meta": .file("edgex/meta_data.json"),
                "funding.1": .composed(#"{"code":"SUCCESS","data":[%1]}"#, [(page, ["data", "dataList", "0"])]),
            ]
        ),
    ]
}
