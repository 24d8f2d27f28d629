import FundingCore

extension RecordedCase {
    static let drift = [
        RecordedCase(
            feed: "drift", name: "btc-2026-02", now: "2026-02-10T13:30:00Z",
            answers: ["markets": .file("drift/drift_stats_markets_ccxt.json")]
        )
    ]
}
