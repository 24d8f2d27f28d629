import FundingCore

extension RecordedCase {
    static let dydx = [
        RecordedCase(
            feed: "dydx", name: "2026-09-trimmed", now: "2026-09-13T22:40:00Z",
            answers: ["perpetual-markets": .file("dydx/perpetual_markets.json")]
        ),
        RecordedCase(
            feed: "dydx", name: "2025-12-full-fields", now: "2025-12-08T16:30:00Z",
            answers: ["perpetual-markets": .file("dydx/perpetual_markets_full_fields.json")]
        ),
    ]
}
