import Foundation
import FundingRuntime
import PostgresDriver

/// Measures what the suite exists for against the same work done by the plainest tool there is, turn by turn in one run.
/// `make bench` starts it with a private Postgres; its last line is one JSON object.
@main
struct Main {
    static func main() async {
        await ServiceProcess.main("funding-bench") {
            var environment = Environment()
            let postgres = environment.value("DATABASE_URL") {
                try PostgresConfiguration(url: $0, applicationName: "funding-bench", statementTimeout: .seconds(60))
            }
            let url = environment.text("DATABASE_URL") ?? ""
            let rounds = environment.integer("FUNDING_BENCH_ROUNDS", in: 3...200, default: 21)
            try environment.finish()
            guard let postgres else { return }
            let bench = StoreBench(postgres, url: url, rounds: rounds)
            var rows = try await bench.polls()
            rows += try await bench.upserts()
            for row in rows { print(row.text) }
            print("{" + rows.map(\.json).joined(separator: ",") + "}")
        }
    }
}

/// One line of the result: a name and its figures.
struct BenchRow {
    var name: String
    var figures: [(name: String, value: Double)]

    var text: String {
        name + figures.map { "  \($0.name)=\(Self.rounded($0.value))" }.joined()
    }

    var json: String {
        "\"\(name)\":{" + figures.map { "\"\($0.name)\":\(Self.rounded($0.value))" }.joined(separator: ",") + "}"
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

/// The wall time of each round of one contestant, in milliseconds.
struct Timings {
    private var milliseconds: [Double] = []

    mutating func time<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let started = ContinuousClock.now
        let result = try await body()
        milliseconds.append((ContinuousClock.now - started) / .milliseconds(1))
        return result
    }

    var median: Double { milliseconds.sorted()[milliseconds.count / 2] }

    /// The median of this one's rounds over the other's, pair by pair: what drifts hits both.
    func ratio(to other: Timings) -> Double {
        zip(milliseconds, other.milliseconds).map { $0 / $1 }.sorted()[milliseconds.count / 2]
    }
}
