import NIOCore
import NIOPosix

/// A socket that is listened on, and the connections that arrive there.
struct Listener {
    /// Whoever iterates must serve every connection. Ends, after the last one, when the listener is closed.
    let arrivals: AsyncStream<Arrival.Connection>

    private let channel: any Channel

    /// The port that is listened on.
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Listens.
    ///
    /// - Parameters:
    ///   - configuration: where, and how many may wait.
    ///   - limit: how many connections may be open.
    ///   - prepare: adds a new connection's handlers; runs on its event loop.
    /// - Throws: an error if the address cannot be listened on.
    init(
        _ configuration: WebServerConfiguration, limit: Int,
        prepare: @escaping @Sendable (_ connection: any Channel) throws -> Void
    ) async throws {
        let (arrivals, continuation) = AsyncStream<Arrival.Connection>.makeStream()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Int32(clamping: configuration.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Connections inherit it from their listener.
            .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptGate(limit: limit))
                    try pipeline.addHandler(AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // An answer of usual length is handed to the kernel without a word to everybody that it has to wait.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 256 << 10))
            .childChannelInitializer { connection in
                connection.eventLoop.makeCompletedFuture {
                    try prepare(connection)
                    try connection.pipeline.syncOperations.addHandler(Arrival(continuation))
                }
            }
        if let socket = configuration.inheritedSocket {
            channel = try await bootstrap.withBoundSocket(socket).get()
        } else {
            channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
        }
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        self.arrivals = arrivals
    }

    /// Stops listening and announces the shutdown to every connection. Returns before that is done.
    func quiesce() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    /// Returns when the address is free again.
    func waitUntilClosed() async throws {
        try await channel.closeFuture.get()
    }
}
