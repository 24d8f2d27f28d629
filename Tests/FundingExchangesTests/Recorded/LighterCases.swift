import FundingCore

extension RecordedCase {
    static let lighter = [
        RecordedCase(
            feed: "lighter", name: "2026-09", now: "2026-09-11T14:20:00Z",
            answers: [
                "order-book-details": .file("lighter/order_book_details.json"),
                "funding-rates": .file("lighter/funding_rates.json"),
            ]
        ),
        RecordedCase(
            feed: "lighter", name: "2026-05-without-mark-price", now: "2026-05-05T14:20:00Z",
            answers: [
                "order-book-details": .file("lighter/order_book_details_full_eth.json"),
                "funding-rates": .file("lighter/funding_rates.json"),
            ]
        ),
    ]
}
