import FundingCore

extension RecordedCase {
    private static let hibachiRow = ["markets", "0"]

    static let hibachi = [
        RecordedCase(
            feed: "hibachi", name: "parts-hourly", now: "2026-09-13T22:12:00Z",
            answers: [
                "exchange-info": .file("hibachi/exchange_info_sdk.json"),
                "recent-payments.ETH-USDT-P": .file("hibachi/funding_rates_btc.json"),
                "inventory": .composed(
                    """
                    {"markets":[{"contract":%1,"info":{"category":%2,"estimatedFundingRate":%3,"markPrice":%4,\
                    "spotPrice":%5,"openInterestQuantity":%6}},%7]}
                    """,
                    [
                        ("hibachi/inventory_sdk.json", hibachiRow + ["contract"]),
                        ("hibachi/inventory_sdk.json", hibachiRow + ["info", "category"]),
                        ("hibachi/prices_eth.json", ["fundingRateEstimation", "estimatedFundingRate"]),
                        ("hibachi/prices_eth.json", ["markPrice"]),
                        ("hibachi/prices_eth.json", ["spotPrice"]),
                        ("hibachi/open_interest.json", ["totalQuantity"]),
                        ("hibachi/inventory_sdk.json", hibachiRow),
                    ]
                ),
            ]
        )
    ]
}
