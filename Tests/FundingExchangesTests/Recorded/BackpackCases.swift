import FundingCore

extension RecordedCase {
    static let backpack = [
        RecordedCase(
            feed: "backpack", name: "2026-08", now: "2026-08-05T16:30:00Z",
            answers: [
                "markets": .file("backpack/markets.json"),
                "mark-prices": .file("backpack/mark_prices.json"),
                "open-interest": .file("backpack/open_interest.json"),
            ]
        ),
        // No prices of that year were recorded: they are put together from what was pushed and paid.
        RecordedCase(
            feed: "backpack", name: "2025-eight-hours", now: "2026-08-05T16:30:00Z",
            answers: [
                "markets": .file("backpack/markets__2025.json"),
                "mark-prices": .composed(
                    """
                    [%1,{"symbol":%2,"markPrice":%3,"indexPrice":%4,"fundingRate":%5,"nextFundingTimestamp":%6},\
                    {"symbol":%7,"markPrice":%3,"indexPrice":%4,"fundingRate":%8,"nextFundingTimestamp":%6}]
                    """,
                    [
                        ("backpack/mark_prices.json", ["0"]), ("backpack/markets__2025.json", ["1", "symbol"]),
                        ("backpack/ws_mark_price.json", ["data", "p"]), ("backpack/ws_mark_price.json", ["data", "i"]),
                        ("backpack/funding_rates.json", ["0", "fundingRate"]),
                        ("backpack/mark_prices.json", ["0", "nextFundingTimestamp"]),
                        ("backpack/ws_mark_price.json", ["data", "s"]),
                        ("backpack/ws_mark_price.json", ["data", "f"]),
                    ]
                ),
                "open-interest": .composed(
                    #"[{"symbol":%1,"openInterest":%2,"timestamp":%3}]"#,
                    [
                        ("backpack/ws_open_interest.json", ["data", "s"]),
                        ("backpack/ws_open_interest.json", ["data", "o"]),
                        ("backpack/ws_open_interest.json", ["data", "E"]),
                    ]
                ),
            ]
        ),
    ]
}
