import Foundation
import PostgresDriver

/// A Postgres server of its own with the suite's schema, on loopback, in a folder that goes away.
actor PrivatePostgres {
    nonisolated let data: URL
    nonisolated let port: Int
    private let logs: URL
    private var server: Child?

    /// Starts from a copy of one prepared folder: making a new one takes seconds.
    init(in folder: URL, logs: URL) async throws {
        data = folder.appending(path: "postgres")
        port = try freePort()
        self.logs = logs
        let template = try await Self.template.value
        try await run("copy-data", ["/bin/cp", "-a", template.path, data.path], logs: logs)
        try await start()
    }

    nonisolated func url(_ user: String = "postgres", database: String = "funding") -> String {
        "postgres://\(user)@127.0.0.1:\(port)/\(database)"
    }

    /// Starts the server and waits until it answers.
    func start() async throws {
        let child = try Child(
            "postgres", Self.command("postgres", ["-D", data.path, "-p", "\(port)"]), environment: Self.environment,
            logs: logs
        )
        server = child
        try await Self.waitUntilReady(child, url("postgres", database: "postgres"), data)
    }

    /// Ends the server as `pg_ctl stop -m fast` does: transactions are rolled back, clients are cut off.
    func stopFast() async throws { try await server?.end(SIGINT) }

    /// Ends the server as `pg_ctl stop -m immediate` does, without a checkpoint: like a crash.
    func stopImmediately() async throws { try await server?.end(SIGQUIT) }

    func stop() async throws {
        try await server?.end(SIGQUIT)
        server = nil
    }
}

extension PrivatePostgres {
    private static let environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"]

    /// Postgres refuses root; its own user runs it then.
    private static func command(_ program: String, _ arguments: [String]) throws -> [String] {
        let command = [try Programs.postgres.required("Postgres") + "/" + program] + arguments
        guard getuid() == 0 else { return command }
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
    }

    /// A data folder with the migrated database, made once for all tests.
    private static let template = Task {
        let folder = Janitor.shared.folder
        let data = folder.appending(path: "template")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        if getuid() == 0 { try await run("chown", ["/bin/chown", "postgres:", data.path], logs: folder) }
        try await run(
            "initdb",
            command(
                "initdb", ["-D", data.path, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]),
            logs: folder
        )
        let settings = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            fsync = off
            timezone = 'UTC'

            """
        let handle = try FileHandle(forWritingTo: data.appending(path: "postgresql.conf"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(settings.utf8))
        try handle.close()

        let port = try freePort()
        let server = try Child(
            "template", command("postgres", ["-D", data.path, "-p", "\(port)"]), environment: environment, logs: folder
        )
        let url = "postgres://postgres@127.0.0.1:\(port)/"
        try await waitUntilReady(server, url + "postgres", data)
        let session = try await PostgresConnection.connect(
            PostgresConfiguration(url: url + "postgres", applicationName: "system-tests")
        )
        try await session.script("CREATE DATABASE funding")
        await session.close()
        try await run(
            "migrate", [Programs.path("fundingctl"), "migrate", "--directory", Programs.sql],
            environment: ["DATABASE_URL": url + "funding"], logs: folder
        )
        try await server.end(SIGINT)
        return data
    }

    /// A port can be taken between choosing and binding it: whoever answers there must be ours.
    private static func waitUntilReady(_ server: Child, _ url: String, _ data: URL) async throws {
        let configuration = try PostgresConfiguration(url: url, applicationName: "system-tests")
        try await eventually("Postgres answers", within: .seconds(30), every: .milliseconds(50)) {
            if let ending = await server.ending { throw Failure("Postgres ended with \(ending): \(try server.log)") }
            let session = try await PostgresConnection.connect(configuration)
            let folder: String = try await session.query("SHOW data_directory")[0].decode(0)
            await session.close()
            guard folder == data.path else { throw Failure("another Postgres answers: \(folder)") }
            return true
        }
    }
}

/// Runs a command to its end, which must be a good one.
func run(_ name: String, _ command: [String], environment: [String: String] = [:], logs: URL) async throws {
    let variables = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"].merging(environment) { $1 }
    let child = try Child(name, command, environment: variables, logs: logs)
    let ending = try await child.ending(within: .seconds(60))
    guard ending == .status(0) else { throw Failure("\(name) ended with \(ending): \(try child.log)") }
}
