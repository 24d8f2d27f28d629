import Foundation
import FundingCore
import FundingJSON
import Testing

/// NumPy and SciPy, asked for the same statistics: `Tests/Oracle/statistics.py`, run by the interpreter of
/// `FUNDING_TEST_PYTHON`.
struct StatisticsOracle {
    struct Contract {
        var points: [SettledPoint]
        var rate: Double
        var interval: FundingInterval
    }

    struct Spread {
        var long: [SettledPoint]
        var short: [SettledPoint]
        /// The last full hour, in hours since 1970.
        var until: Int
        var spread: Double
    }

    typealias Figures = [String: Double]

    private static let environment = ProcessInfo.processInfo.environment
    private static let interpreter = environment["FUNDING_TEST_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }
    /// Without SciPy the tests are skipped, except where they must not be.
    static let isWanted =
        interpreter != nil || environment["CI"] != nil || environment["FUNDING_TEST_REQUIRED"] == "1"

    static func ask(
        _ contracts: [Contract], _ spreads: [Spread] = []
    ) throws -> (contracts: [Figures], spreads: [Figures]) {
        let interpreter = try #require(interpreter, "FUNDING_TEST_PYTHON names no Python with SciPy")
        let folder = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appending(path: "input.json"), folder.appending(path: "output.json"))
        try Data(question(contracts, spreads)).write(to: input)
        let process = Process()
        process.executableURL = URL(filePath: interpreter)
        process.arguments = [script.path, input.path, output.path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "the oracle failed; are numpy and scipy installed?")
        let answer = try JSONDocument(Array(Data(contentsOf: output))).root
        return (try figures(answer["contracts"]), try figures(answer["spreads"]))
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Oracle/statistics.py")

    private static func question(_ contracts: [Contract], _ spreads: [Spread]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("contracts")
        writer.beginArray()
        for contract in contracts {
            writer.beginObject()
            writer.field("rates", contract.points.map(\.fundingRate))
            writer.field("hours", contract.points.map(\.interval.hours))
            writer.field("rate", contract.rate)
            writer.field("interval", contract.interval.hours)
            writer.endObject()
        }
        writer.endArray()
        writer.key("spreads")
        writer.beginArray()
        for spread in spreads {
            writer.beginObject()
            writer.field("long", spread.long.map(payment))
            writer.field("short", spread.short.map(payment))
            writer.field("until", spread.until)
            writer.field("spread", spread.spread)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func payment(_ point: SettledPoint) -> [Double] {
        [point.fundingTime.timeIntervalSince1970 / 3600, point.fundingRate, point.interval.hours]
    }

    private static func figures(_ list: JSONView?) throws -> [Figures] {
        try #require(list).elements.map { figures in
            Dictionary(figures.members.map { ($0.key, $0.value.double ?? .nan) }) { first, _ in first }
        }
    }
}
