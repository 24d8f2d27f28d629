import FundingCore

extension RecordedCase {
    static let pacifica = [
        RecordedCase(
            feed: "pacifica", name: "xpl-2025-09", now: "2025-09-30T08:02:48Z",
            answers: ["info": .file("pacifica/info.json"), "prices": .file("pacifica/info_prices_docs.json")]
        ),
        RecordedCase(
            feed: "pacifica", name: "stream-rows", now: "2025-06-04T15:40:12Z",
            answers: [
                "info": .file("pacifica/info.json"),
                "prices": .composed(#"{"success":true,"data":%1}"#, [("pacifica/ws_prices.json", ["data"])]),
            ]
        ),
    ]
}
