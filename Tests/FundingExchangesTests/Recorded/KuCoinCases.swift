import FundingCore

extension RecordedCase {
    static let kucoin = [
        RecordedCase(
            feed: "kucoin", name: "2025-12", now: "2025-12-26T06:54:30Z",
            answers: ["contracts": .file("kucoin/contracts_active.json")]
        ),
        RecordedCase(
            feed: "kucoin", name: "2025-03-without-time", now: "2025-03-03T23:04:07Z",
            answers: ["contracts": .file("kucoin/contracts_active__2025.json")]
        ),
    ]
}
