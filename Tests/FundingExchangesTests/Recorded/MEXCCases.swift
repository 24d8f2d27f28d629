import FundingCore

extension RecordedCase {
    static let mexc = [
        RecordedCase(
            feed: "mexc", name: "2021-all", now: "2021-01-05T06:56:47Z",
            answers: [
                "detail": .file("mexc/contract_detail.json"), "funding-rates": .file("mexc/funding_rate_all.json"),
                "tickers": .file("mexc/ticker_all.json"),
            ]
        ),
        // Answers about one contract, whose data is the row itself.
        RecordedCase(
            feed: "mexc", name: "2022-single", now: "2022-01-26T23:39:33Z",
            answers: [
                "detail": .composed(list, [("mexc/contract_detail_single.json", ["data"])]),
                "funding-rates": .composed(list, [("mexc/funding_rate_single.json", ["data"])]),
                "tickers": .composed(list, [("mexc/fair_price.json", ["data"])]),
            ]
        ),
    ]

    private static let list = #"{"success":true,"code":0,"data":[%1]}"#
}
