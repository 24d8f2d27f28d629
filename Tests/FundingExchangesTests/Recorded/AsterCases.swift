import FundingCore

extension RecordedCase {
    private static let asterRates: [String: Source] = [
        "funding-info": .file("aster/funding_info.json"), "premium-index": .file("aster/premium_index.json"),
    ]

    static let aster = [
        RecordedCase(
            feed: "aster", name: "2026-09", now: "2026-09-11T17:28:05Z",
            answers: asterRates.merging([
                "exchange-info": .file("aster/exchange_info.json"),
                "open-interest.BTCUSDT": .file("aster/open_interest_btcusdt.json"),
            ]) { $1 }
        ),
        // The documentation lists one contract, which has no recorded rate; beside it one that has.
        RecordedCase(
            feed: "aster", name: "docs-listing", now: "2026-09-11T17:28:05Z",
            answers: asterRates.merging([
                "exchange-info": .composed(
                    #"{"symbols":[%1,%2]}"#,
                    [
                        ("aster/exchange_info_docs.json", ["symbols", "0"]),
                        ("aster/exchange_info.json", ["symbols", "0"]),
                    ]
                )
            ]) { $1 }
        ),
    ]
}
