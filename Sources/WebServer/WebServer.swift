import Glibc
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// An HTTP/1.1 and WebSocket server.
///
/// A graceful shutdown stops accepting, closes WebSockets with 1001, cancels endless streams, lets requests in flight
/// and downloads finish and, after `shutdownTimeout`, cancels those that have not.
public final class WebServer: Service {
    /// Serves one WebSocket client until it returns or the client is gone.
    public typealias WebSocketHandler = @Sendable (WebSocketClient) async -> Void

    private let configuration: WebServerConfiguration
    private let connections: HTTPConnections
    private let logger: Logger
    private let onReady: (@Sendable (_ port: Int) async -> Void)?

    /// Makes a server; ``run()`` starts it.
    ///
    /// - Parameters:
    ///   - configuration: where to listen, and every limit.
    ///   - router: who answers what.
    ///   - webSocket: serves one WebSocket client; the connection closes with 1000 when it returns, and its task is
    ///     cancelled when the client is gone.
    ///   - webSocketRoute: who serves a client that asks for a WebSocket on any other path; what it throws refuses the
    ///     upgrade, a ``WebError`` with its status.
    ///   - logger: takes one line per failed request and per lifecycle event.
    ///   - onReady: called once with the port that is listened on.
    public init(
        _ configuration: WebServerConfiguration,
        router: WebRouter,
        webSocket: WebSocketHandler? = nil,
        webSocketRoute: (@Sendable (WebRequest) async throws -> WebSocketHandler)? = nil,
        logger: Logger,
        onReady: (@Sendable (_ port: Int) async -> Void)? = nil
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onReady = onReady
        connections = HTTPConnections(
            configuration, router: router, webSocket: webSocket, webSocketRoute: webSocketRoute, logger: logger
        )
    }

    /// The configured limit, or less where the process may not open so many files: a connection that waits in the
    /// backlog is better than one that cannot be accepted.
    private var connectionLimit: Int {
        let spare = 128
        let files = sysconf(Int32(_SC_OPEN_MAX))
        guard files > 0, files - spare < configuration.maximumConnections else {
            return configuration.maximumConnections
        }
        logger.notice("connections are limited by open files", metadata: ["open_files": "\(files)"])
        return max(files - spare, 1)
    }

    /// Listens until a graceful shutdown or cancellation, and returns when every connection has ended.
    ///
    /// - Throws: an error if the address cannot be listened on.
    public func run() async throws {
        let listener = try await Listener(configuration, limit: connectionLimit, prepare: connections.prepare)
        logger.info("listening", metadata: ["host": "\(configuration.host)", "port": "\(listener.port)"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.serve(listener) }
            group.addTask { await self.limitShutdown() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Returns when a graceful shutdown has taken too long, and at once when cancelled: a server that is made to end has
    /// not failed.
    private func limitShutdown() async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(for: configuration.shutdownTimeout)
        } catch { return }
        logger.warning("shutdown timeout passed, cancelling what is left")
    }

    /// Returns when every event loop has turned.
    public static func pulse() async {
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
            await withCheckedContinuation { turned in loop.execute { turned.resume() } }
        }
    }

    private func serve(_ listener: Listener) async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await onReady?(listener.port)
            await withDiscardingTaskGroup { group in
                // A cancellation ends the iteration as well, but not before what has arrived is handed out.
                for await arrival in listener.arrivals {
                    group.addTask(executorPreference: EventLoopExecutor(arrival.channel.eventLoop)) { [connections] in
                        await connections.serve(arrival)
                    }
                }
            }
        } onCancelOrGracefulShutdown: {
            listener.quiesce()
        }
        try await listener.waitUntilClosed()
    }
}
