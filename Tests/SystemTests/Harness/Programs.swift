import Foundation

/// Where the executables under test are: the folder named by `FUNDING_TEST_BIN`, else the one of the test bundle, which
/// the build fills with both.
enum Programs {
    static let names = [
        "funding-collector", "funding-backfiller", "funding-scanner", "funding-api", "fundingctl", "exchange-simulator",
    ]

    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["FUNDING_TEST_BIN"] { return URL(filePath: path) }
        return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }()

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    /// The checkout's `sql` folder.
    static let sql: String =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "sql").path

    /// The newest server's programs.
    static let postgres: String? = {
        let installed = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let versions = installed.compactMap { Int($0) }.filter { $0 >= 15 }.sorted(by: >)
        return (versions.map { "/usr/lib/postgresql/\($0)/bin" } + ["/usr/local/pgsql/bin"])
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/postgres") }
    }()

    static let redis = "/usr/bin/redis-server"

    /// Whether system tests can run here at all. Where they must, they run and fail instead of being skipped.
    static let areComplete: Bool = {
        let environment = ProcessInfo.processInfo.environment
        if environment["CI"] != nil || environment["FUNDING_TEST_REQUIRED"] == "1" { return true }
        return postgres != nil
            && (names.map(path) + [redis]).allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}
