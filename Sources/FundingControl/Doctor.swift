import ArgumentParser
import Foundation
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver

/// `fundingctl doctor`
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks whether the suite finds here what it needs.",
        discussion: """
            Postgres and Redis: whether they answer, are new enough and set up as the suite wants them. Changes nothing. Ends \
            with 1 if something is wrong. How the running suite fares is told by fundingctl status.
            """
    )

    func run() async {
        await ServiceProcess.main("fundingctl") {
            var environment = Environment()
            let database = Database.configuration(&environment)
            let redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
            try environment.finish()
            guard let database, let redis else { return }
            var findings = await PostgresCheckup(database).findings()
            findings += await RedisCheckup(redis).findings()
            for finding in findings { print(finding.line) }
            let wrong = findings.count { $0.isWrong }
            guard wrong == 0 else { throw SuiteTroubled(count: wrong) }
        }
    }
}

/// What a look at one thing has shown.
struct Finding: Equatable, Sendable {
    var isWrong: Bool
    var text: String

    static func fine(_ text: String) -> Finding { Finding(isWrong: false, text: text) }
    static func wrong(_ text: String) -> Finding { Finding(isWrong: true, text: text) }

    var line: String { (isWrong ? "WRONG  " : "ok     ") + text }
}

/// Looks at Postgres.
struct PostgresCheckup {
    private enum Needs {
        static let version = 15
        /// The four services' pools, and room for operators.
        static let connections = 50
        static let clock: TimeInterval = 2
        static let roles = [
            "funding_collector", "funding_backfiller", "funding_scanner", "funding_api", "funding_admin",
        ]
    }

    private let configuration: PostgresConfiguration

    init(_ configuration: PostgresConfiguration) { self.configuration = configuration }

    /// All there is to say, or why nothing can be said.
    func findings() async -> [Finding] {
        let pool = PostgresPool(configuration, size: 1, acquireTimeout: .seconds(5))
        let findings = await findings(pool)
        await pool.close()
        return findings
    }

    private func findings(_ pool: PostgresPool) async -> [Finding] {
        do {
            let begin = ContinuousClock.now
            let row = try await pool.query(
                """
                SELECT now() AS now, current_setting('server_version') AS version,
                       current_setting('server_version_num')::integer AS number,
                       current_setting('max_connections')::integer AS connections,
                       current_setting('fsync')::boolean AS fsync
                """)[0]
            let milliseconds = Int((ContinuousClock.now - begin) / .milliseconds(1))
            let roles: [String] = try await pool.query(
                "SELECT rolname::text AS name FROM pg_roles WHERE rolcanlogin AND rolname = ANY (\(Needs.roles))"
            ).map { try $0.decode("name") }
            return [
                Self.version(
                    try row.decode("number"), named: try row.decode("version"), answeringWithin: milliseconds),
                Self.clock(try row.decode("now"), here: Date()), Self.connections(try row.decode("connections")),
                Self.durability(fsync: try row.decode("fsync")), await schema(pool), Self.roles(roles),
            ]
        } catch {
            return [.wrong("Postgres does not answer: \(error)")]
        }
    }

    private func schema(_ pool: PostgresPool) async -> Finding {
        do {
            try await Schema.check(pool)
            return .fine("the schema is this build's, \(Schema.version)")
        } catch {
            return .wrong("\(error)")
        }
    }

    static func version(_ number: Int, named name: String, answeringWithin milliseconds: Int) -> Finding {
        number / 10_000 >= Needs.version
            ? .fine("Postgres \(name) answers, in \(milliseconds) ms")
            : .wrong("Postgres \(name) is too old: \(Needs.version) is needed")
    }

    static func clock(_ there: Date, here: Date) -> Finding {
        let apart = abs(there.timeIntervalSince(here))
        let text = "the clocks of Postgres and this machine are \(String(format: "%.1f", apart)) s apart"
        return apart <= Needs.clock ? .fine(text) : .wrong("\(text): ages will be wrong")
    }

    static func connections(_ count: Int) -> Finding {
        count >= Needs.connections
            ? .fine("\(count) connections are allowed")
            : .wrong("\(count) connections are allowed, the suite wants \(Needs.connections): raise max_connections")
    }

    static func durability(fsync: Bool) -> Finding {
        fsync ? .fine("what is committed is on disk") : .wrong("fsync is off: a power cut may destroy the database")
    }

    static func roles(_ known: [String]) -> Finding {
        let missing = Needs.roles.filter { !known.contains($0) }
        return missing.isEmpty
            ? .fine("all roles may log in")
            : .wrong("may not log in or do not exist: \(missing.joined(separator: ", "))")
    }
}

/// Looks at Redis.
struct RedisCheckup {
    private static let version = 6
    private static let patience = Duration.seconds(3)

    private let configuration: RedisConfiguration

    init(_ configuration: RedisConfiguration) { self.configuration = configuration }

    func findings() async -> [Finding] {
        let connection = RedisConnection(configuration, name: "fundingctl")
        let findings = await findings(connection)
        await connection.close()
        return findings
    }

    private func findings(_ connection: RedisConnection) async -> [Finding] {
        do {
            try await connection.waitUntilConnected(timeout: Self.patience)
            let begin = ContinuousClock.now
            let info = try await connection.send(["INFO", "server"]).text ?? ""
            let milliseconds = Int((ContinuousClock.now - begin) / .milliseconds(1))
            let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
            return [
                Self.version(line.map { String($0.dropFirst("redis_version:".count)) }, answeringWithin: milliseconds)
            ]
        } catch {
            return [.wrong("Redis does not answer: \(error)")]
        }
    }

    static func version(_ name: String?, answeringWithin milliseconds: Int) -> Finding {
        guard let name, let major = name.split(separator: ".").first.flatMap({ Int($0) }) else {
            return .wrong("what answers as Redis does not tell its version")
        }
        return major >= version
            ? .fine("Redis \(name) answers, in \(milliseconds) ms")
            : .wrong("Redis \(name) is too old: \(version) is needed")
    }
}
