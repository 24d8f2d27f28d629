import Foundation
import FundingRuntime
import PostgresDriver
import RedisDriver

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
            let redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
            // A running simulator, whose market is measured in place of invented rows.
            let simulator = environment.address("FUNDING_BENCH_SIMULATOR")
            let url = environment.text("DATABASE_URL") ?? ""
            let rounds = environment.integer("FUNDING_BENCH_ROUNDS", in: 3...200, default: 21)
            // The port of a running API, which is measured in place of everything else then.
            let api = environment.integer("FUNDING_BENCH_API_PORT", in: 0...65_535, default: 0)
            try environment.finish()
            guard let postgres, let redis else { return }
            if api != 0 {
                let pool = PostgresPool(postgres)
                report(try await APIBench(port: api, pool: pool).run())
                return await pool.close()
            }
            var rows: [BenchRow] = []
            if let simulator {
                let adapters = try await AdapterBench(simulator: simulator, rounds: rounds)
                rows += try await adapters.parsing()
                rows += try await adapters.cycle(postgres, redis)
                // What the cycle has stored is the whole market.
                rows += try await SpreadBench(postgres, rounds: rounds).scans()
            } else {
                let bench = StoreBench(postgres, url: url, rounds: rounds)
                rows += try await bench.polls()
                rows += try await bench.upserts()
                rows += try await HistoryBench(postgres, url: url, rounds: rounds).ingest()
                rows += try await StatisticsBench(postgres, url: url, rounds: rounds).run()
            }
            report(rows)
        }
    }

    private static func report(_ rows: [BenchRow]) {
        for row in rows { print(row.text) }
        print("{" + rows.map(\.json).joined(separator: ",") + "}")
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

    mutating func note(_ duration: Duration) { milliseconds.append(duration / .milliseconds(1)) }

    mutating func time<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let started = ContinuousClock.now
        let result = try await body()
        note(ContinuousClock.now - started)
        return result
    }

    var median: Double { percentile(0.5) }

    /// - Parameter share: from 0 to below 1.
    func percentile(_ share: Double) -> Double {
        milliseconds.sorted()[Int(Double(milliseconds.count) * share)]
    }

    /// The median of this one's rounds over the other's, pair by pair: what drifts hits both.
    func ratio(to other: Timings) -> Double {
        zip(milliseconds, other.milliseconds).map { $0 / $1 }.sorted()[milliseconds.count / 2]
    }
}
