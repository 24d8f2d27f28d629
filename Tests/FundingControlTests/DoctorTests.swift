import Foundation
import PostgresDriver
import TestSupport
import Testing

@testable import FundingControl

/// What `fundingctl doctor` thinks of what it finds.
struct DoctorFindingsTests {
    @Test(arguments: [
        (
            PostgresCheckup.version(150_014, named: "15.14", answeringWithin: 1),
            "ok     Postgres 15.14 answers, in 1 ms"
        ),
        (
            PostgresCheckup.version(140_009, named: "14.9", answeringWithin: 1),
            "WRONG  Postgres 14.9 is too old: 15 is needed"
        ),
        (
            PostgresCheckup.clock(Date(timeIntervalSince1970: 100), here: Date(timeIntervalSince1970: 98)),
            "ok     the clocks of Postgres and this machine are 2.0 s apart"
        ),
        (
            PostgresCheckup.clock(Date(timeIntervalSince1970: 100), here: Date(timeIntervalSince1970: 103)),
            "WRONG  the clocks of Postgres and this machine are 3.0 s apart: ages will be wrong"
        ),
        (
            PostgresCheckup.connections(20),
            "WRONG  20 connections are allowed, the suite wants 50: raise max_connections"
        ),
        (PostgresCheckup.connections(100), "ok     100 connections are allowed"),
        (PostgresCheckup.durability(fsync: false), "WRONG  fsync is off: a power cut may destroy the database"),
        (
            PostgresCheckup.roles(["funding_collector", "funding_backfiller", "funding_scanner", "funding_admin"]),
            "WRONG  may not log in or do not exist: funding_api"
        ),
        (RedisCheckup.version("7.0.15", answeringWithin: 0), "ok     Redis 7.0.15 answers, in 0 ms"),
        (RedisCheckup.version("5.0.3", answeringWithin: 0), "WRONG  Redis 5.0.3 is too old: 6 is needed"),
        (RedisCheckup.version(nil, answeringWithin: 0), "WRONG  what answers as Redis does not tell its version"),
    ])
    func whatIsFoundIsJudged(finding: Finding, line: String) {
        #expect(finding.line == line)
    }
}

/// `fundingctl doctor` against real servers, and against none.
@Suite(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
struct DoctorTests {
    @Test func tellsWhatIsFineAndWhatIsWrong() async throws {
        let redis = try #require(ProcessInfo.processInfo.environment["FUNDING_TEST_REDIS_URL"])
        try await TemporaryDatabase.with { database in
            let tool = try CommandLineTool("fundingctl")
            var environment = ["DATABASE_URL": database.url(as: "funding_admin"), "REDIS_URL": redis]
            let healthy = try await tool.run(["doctor"], environment: environment)
            let lines = healthy.output.split(separator: "\n")
            #expect(lines.count == 7)
            #expect(healthy.output.contains("ok     the schema is this build's"))
            #expect(healthy.output.contains("ok     all roles may log in"))
            #expect(lines.last?.hasPrefix("ok     Redis ") == true)
            // Servers of tests may run without fsync; nothing else is wrong with them.
            #expect(lines.filter { $0.hasPrefix("WRONG") && !$0.contains("fsync") }.isEmpty)

            environment["REDIS_URL"] = "redis://127.0.0.1:1"
            environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
            let alone = try await tool.run(["doctor"], environment: environment)
            #expect(alone.status == 1 && alone.errors.contains("2 things are wrong"))
            #expect(alone.output.contains("WRONG  Postgres does not answer"))
            #expect(alone.output.contains("WRONG  Redis does not answer"))
        }
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let environment = ["DATABASE_URL": database.url(), "REDIS_URL": redis]
            let empty = try await CommandLineTool("fundingctl").run(["doctor"], environment: environment)
            #expect(empty.status == 1)
            #expect(empty.output.contains("WRONG  the database has no schema: run fundingctl migrate"))
        }
    }
}
