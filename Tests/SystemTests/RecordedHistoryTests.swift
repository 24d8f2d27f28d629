import Foundation
import FundingCore
import FundingJSON
import Testing

extension LoopbackTests {
    /// What exchanges really answered, through the program that prints histories.
    struct RecordedHistoryTests {
        private static let fixtures = URL(filePath: Programs.sql).deletingLastPathComponent()
            .appending(path: "Tests/Fixtures")
        private static let recordings = ProcessInfo.processInfo.environment["FUNDING_RECORDINGS"].flatMap { path in
            FileManager.default.fileExists(atPath: path) ? path : nil
        }

        /// A described contract, its window, and what the recording holds of it.
        private struct Case {
            var feed: String
            var symbol: String
            var description: String
            var from: String
            var to: String
            var rows: [String]

            init(_ json: JSONView, _ feed: String) throws {
                self.feed = feed
                let symbol = try (json["contract"]?["symbol"]?.string).required("symbol")
                let id = json["contract"]?["native_id"]?.string.map { "@\($0)" } ?? ""
                // A settlement that stands alone in its recording has no neighbour to tell its interval.
                let hours = try (json["interval_hours"]?.numberText).required("interval_hours")
                self.symbol = symbol
                description = "\(symbol)=X\(id)/\(hours)"
                from = try (json["from"]?.string).required("from")
                to = try (json["to"]?.string).required("to")
                rows = try (json["pages"]?.elements).required("pages").flatMap {
                    try $0["rows"].required("rows").elements
                }
                .map { row in
                    let time = try (row["settled_at"]?.string).flatMap(Timestamp.parse).required("settled_at")
                    return Self.row(symbol, time, try (row["funding_rate"]?.double).required("funding_rate"))
                }
            }

            /// To ten minutes: what is printed is when it fell due, which may be a minute before it was paid.
            static func row(_ symbol: String, _ time: Date, _ rate: Double) -> String {
                "\(symbol) \(Int((time.timeIntervalSince1970 / 600).rounded())) \(rate)"
            }
        }

        /// The first recorded case of each feed.
        private static func cases() throws -> [Case] {
            let feeds = try FileManager.default.contentsOfDirectory(atPath: fixtures.path).sorted()
            return try feeds.compactMap { feed in
                let file = fixtures.appending(path: "\(feed)/recorded-history.json")
                let json = try JSONDocument(Array(Data(contentsOf: file))).root
                return try json.elements.first { $0["bulk"]?.bool != true }.map { try Case($0, feed) }
            }
        }

        @Test(.enabled(if: recordings != nil, "no recordings at hand"))
        func everyFeedsRecordedHistoryIsPrintedAsItWas() async throws {
            try await Suite.run { suite in
                let file = suite.folder.appending(path: "recorded.port")
                let recorded = try await suite.start(
                    "recorded",
                    ["exchange-simulator", "--recordings", Self.recordings ?? "", "--port-file", file.path],
                    environment: [:])
                let port: String = try await eventually("the recordings are served", within: .seconds(20)) {
                    guard await recorded.isRunning else { throw Failure(try recorded.log) }
                    let text = FileManager.default.contents(atPath: file.path).map {
                        String(decoding: $0, as: UTF8.self)
                    }
                    return text?.trimmingCharacters(in: .whitespacesAndNewlines)
                }
                let cases = try Self.cases()
                #expect(cases.count == 17)
                for recording in cases {
                    let printed = try await Self.printed(recording, port, suite)
                    #expect(printed.sorted() == recording.rows.sorted(), "\(recording.feed)")
                }
            }
        }

        private static func printed(_ recording: Case, _ port: String, _ suite: Suite) async throws -> [String] {
            let variable = "FUNDING_\(FeedID(rawValue: recording.feed).environmentName)_URL"
            let child = try await suite.start(
                "print-\(recording.feed)",
                [
                    "funding-backfiller", "--once", "--dry-run", "--output", "jsonl", "--exchanges", recording.feed,
                    "--symbols", recording.description, "--from", recording.from, "--to", recording.to,
                ], environment: ["PATH": "/usr/bin:/bin", variable: "http://127.0.0.1:\(port)/\(recording.feed)"])
            let ending = try await child.ending(within: .seconds(30))
            let log = try child.log
            // A recorded page answers for all the pages that it leads to.
            guard ending == .status(0) || log.contains("the page only repeats earlier ones") else {
                throw Failure("it ended with \(ending): \(log)")
            }
            #expect(!log.contains(#""reject""#), "\(recording.feed): \(log)")
            let lines = String(decoding: try Data(contentsOf: child.output), as: UTF8.self).split(separator: "\n")
            return try lines.map { line in
                let row = try JSONDocument(Array(line.utf8)).root
                return Case.row(
                    try (row["symbol"]?.string).required("symbol"),
                    try (row["funding_time"]?.string).flatMap(Timestamp.parse).required("funding_time"),
                    try (row["funding_rate"]?.double).required("funding_rate"))
            }
        }
    }
}
