import Foundation
import RedisDriver

/// A Redis server of its own that keeps nothing, on loopback.
actor PrivateRedis {
    nonisolated let port: Int
    private let folder: URL
    private let logs: URL
    private var server: Child?

    init(in folder: URL, logs: URL) async throws {
        self.folder = folder.appending(path: "redis")
        self.logs = logs
        port = try freePort()
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        try await start()
    }

    nonisolated var url: String { "redis://127.0.0.1:\(port)" }

    func start() async throws {
        let child = try Child(
            "redis",
            [
                Programs.redis, "--bind", "127.0.0.1", "--port", "\(port)", "--dir", folder.path, "--save", "",
                "--appendonly", "no",
            ], environment: ["PATH": "/usr/bin:/bin"], logs: logs
        )
        server = child
        try await eventually("Redis answers", within: .seconds(10), every: .milliseconds(50)) {
            if let ending = await child.ending { throw Failure("Redis ended with \(ending)") }
            let answer = try await command("CONFIG", "GET", "dir").elements?.last?.text
            guard answer == folder.path else { throw Failure("another Redis answers: \(answer ?? "")") }
            return true
        }
    }

    func stop() async throws {
        try await server?.end(SIGKILL)
        server = nil
    }

    /// Sends one command over a connection of its own.
    @discardableResult
    func command(_ words: RedisArgument...) async throws -> RedisReply {
        let connection = RedisConnection(try RedisConfiguration(url: url), name: "system-tests")
        do {
            try await connection.waitUntilConnected(timeout: .seconds(2))
            let reply = try await connection.send(words)
            await connection.close()
            return reply
        } catch {
            await connection.close()
            throw error
        }
    }
}
