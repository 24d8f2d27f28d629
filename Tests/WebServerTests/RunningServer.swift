import Glibc
import Logging
import ServiceLifecycle
import WebServer

/// A server on a free port, for the length of a test.
struct RunningServer: Sendable {
    let port: Int
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Both ends of every connection are this process's: the usual 1,024 files do not last for all tests at once.
    private static let allFilesAllowed: Bool = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 8_192))
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }()

    static let silence: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    static func start(
        _ router: WebRouter = WebRouter(),
        webSocket: WebServer.WebSocketHandler? = nil,
        webSocketRoute: (@Sendable (WebRequest) async throws -> WebServer.WebSocketHandler)? = nil,
        logger: Logger = Self.silence, configure: (inout WebServerConfiguration) -> Void = { _ in }
    ) async throws -> RunningServer {
        _ = allFilesAllowed
        var configuration = WebServerConfiguration()
        if webSocket != nil { configuration.webSocketPath = "/ws" }
        configure(&configuration)
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = WebServer(
            configuration, router: router, webSocket: webSocket, webSocketRoute: webSocketRoute, logger: logger
        ) { port in
            continuation.yield(port)
        }
        let group = ServiceGroup(services: [server], logger: logger)
        let task = Task {
            defer { continuation.finish() }
            try await group.run()
        }
        for await port in ports { return RunningServer(port: port, group: group, task: task) }
        try await task.value
        throw TestSocket.Failure(reason: "the server ended before it listened")
    }

    func beginShutdown() async {
        await group.triggerGracefulShutdown()
    }

    /// Shuts down and waits until the server has ended.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }

    /// Cancels the server and waits until it has ended.
    /// - Returns: whether it failed.
    @discardableResult func cancel() async -> Result<Void, any Error> {
        task.cancel()
        return await task.result
    }

    /// One request on a connection of its own.
    func request(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
    ) async throws -> HTTPReply {
        try await onThread { [port] in
            try TestSocket(port: port).request(method, target, headers: headers, body: body)
        }
    }
}

/// Starts a server, runs the test against it, stops it.
func withServer(
    _ router: WebRouter = WebRouter(),
    webSocket: WebServer.WebSocketHandler? = nil,
    webSocketRoute: (@Sendable (WebRequest) async throws -> WebServer.WebSocketHandler)? = nil,
    logger: Logger = RunningServer.silence,
    configure: (inout WebServerConfiguration) -> Void = { _ in },
    _ test: (RunningServer) async throws -> Void
) async throws {
    let server = try await RunningServer.start(
        router, webSocket: webSocket, webSocketRoute: webSocketRoute, logger: logger, configure: configure
    )
    do {
        try await test(server)
    } catch {
        try await server.stop()
        throw error
    }
    try await server.stop()
}

/// Polls until a condition holds; false if it does not within the deadline.
func eventually(within limit: Duration = .seconds(10), _ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
