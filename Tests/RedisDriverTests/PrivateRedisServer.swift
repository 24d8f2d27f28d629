import Foundation
import Testing

@testable import RedisDriver

/// A throw-away redis-server that a test may stop, freeze and start again.
final class PrivateRedisServer: Sendable {
    let port: Int
    let folder: URL
    private let options: [String]
    private let process = Lock<Process?>(nil)

    init(_ options: [String] = []) throws {
        port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.options = options
        try start()
    }

    deinit {
        kill()
        do { try FileManager.default.removeItem(at: folder) } catch { print("left behind: \(folder.path): \(error)") }
    }

    var socketPath: String { folder.appendingPathComponent("redis.sock").path }

    /// A configuration with short limits, so that tests of failures are quick.
    func configuration(login: String = "", database: Int = 0) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration(url: "redis://\(login)127.0.0.1:\(port)/\(database)")
        configuration.commandTimeout = .milliseconds(500)
        configuration.connectTimeout = .seconds(1)
        configuration.heartbeatInterval = .milliseconds(300)
        configuration.heartbeatTimeout = .milliseconds(300)
        return configuration
    }

    func start() throws {
        let server = Process()
        server.executableURL = URL(fileURLWithPath: try #require(RedisTestServer.program, "redis-server is missing"))
        server.arguments =
            [
                "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", folder.path, "--unixsocket", socketPath, "--logfile", "redis.log",
            ] + options
        server.standardInput = FileHandle.nullDevice
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        process.withLock { $0 = server }
    }

    /// Ends the server at once; its connections are reset.
    func kill() {
        guard let server = process.withLock({ $0 }), server.isRunning else { return }
        Foundation.kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
    }

    /// Stops the server's process while the kernel keeps its connections open.
    func freeze() {
        signal(SIGSTOP)
    }

    func thaw() {
        signal(SIGCONT)
    }

    private func signal(_ number: Int32) {
        guard let server = process.withLock({ $0 }) else { return }
        Foundation.kill(server.processIdentifier, number)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 ? getsockname(descriptor, generic, &size) : -1
            }
        }
        try #require(status == 0, "no free port: errno \(errno)")
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
