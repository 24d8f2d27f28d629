import FundingCore

extension RecordedCase {
    static let bybit = [
        RecordedCase(
            feed: "bybit", name: "linear-and-inverse", now: "2025-10-13T10:46:09Z",
            answers: [
                "instruments.linear": .file("bybit/instruments_linear.json"),
                "tickers.linear": .file("bybit/tickers_linear.json"),
                "tickers.inverse": .file("bybit/tickers_inverse.json"),
            ]
        ),
        RecordedCase(
            feed: "bybit", name: "prelaunch-page-first", now: "2022-09-20T10:33:20Z",
            answers: [
                "instruments.linear": .file("bybit/instruments_linear__prelaunch.json"),
                "instruments.linear.page2": .file("bybit/instruments_linear.json"),
                "tickers.linear": .file("bybit/tickers_linear.json"),
            ]
        ),
    ]
}
