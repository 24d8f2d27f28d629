import FundingCore

extension RecordedCase {
    // Neither the listing nor the bulk call was recorded: the list is made of two tickers, and the listing written out.
    static let apex = [
        RecordedCase(
            feed: "apex", name: "2026-09-two-tickers", now: "2026-09-13T22:37:20Z",
            answers: [
                "symbols": .composed(
                    """
                    {"data":{"contractConfig":{
                    "perpetualContract":[{"symbol":"BTC-USDT","crossSymbolName":%1,"baseTokenId":"BTC",
                    "settleAssetId":"USDT","enableTrade":true,"isPrelaunch":false,"category":"L1"}],
                    "stockContract":[{"symbol":"SPCX-USDT","crossSymbolName":%2,"baseTokenId":"SPCX",
                    "settleAssetId":"USDT","enableTrade":true,"isPrelaunch":false,"category":"STOCK"}]}}}
                    """,
                    [
                        ("apex/ticker_btcusdt.json", ["data", "0", "symbol"]),
                        ("apex/ticker_spcxusdt.json", ["data", "0", "symbol"]),
                    ]
                ),
                "tickers": .composed(
                    #"{"data":[%1,%2]}"#,
                    [("apex/ticker_btcusdt.json", ["data", "0"]), ("apex/ticker_spcxusdt.json", ["data", "0"])]
                ),
            ]
        )
    ]
}
