import Logging
import NIOCore
import NIOHTTP1

/// Prepares and serves every accepted connection.
struct HTTPConnections: Sendable {
    let configuration: WebServerConfiguration
    let router: WebRouter
    let webSocket: WebServer.WebSocketHandler?
    let webSocketRoute: (@Sendable (WebRequest) async throws -> WebServer.WebSocketHandler)?
    let assembly: ResponseAssembly
    let logger: Logger

    init(
        _ configuration: WebServerConfiguration, router: WebRouter,
        webSocket: WebServer.WebSocketHandler?,
        webSocketRoute: (@Sendable (WebRequest) async throws -> WebServer.WebSocketHandler)?, logger: Logger
    ) {
        self.configuration = configuration
        self.router = router
        self.webSocket = webSocket
        self.webSocketRoute = webSocketRoute
        self.logger = logger
        assembly = ResponseAssembly(configuration)
    }

    /// Runs on the connection's event loop before its first byte is read.
    func prepare(_ channel: any Channel) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.maximumHeaderBytes
        limits.maxHeaderListSize = configuration.maximumHeaderBytes
        var framing = HTTPResponseEncoder.Configuration()
        framing.automaticallySetFramingHeaders = false
        let clock = RequestClock(
            RequestClock.Limits(
                idle: TimeAmount(configuration.idleTimeout), head: TimeAmount(configuration.requestHeadTimeout),
                body: TimeAmount(configuration.requestBodyTimeout), linger: TimeAmount(configuration.lingerTimeout)
            )
        )
        let watch = SocketWatch(patience: TimeAmount(configuration.idleTimeout))
        watch.onBytes = { [unowned clock] in clock.bytesArrived() }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(watch)
        try pipeline.addHandler(HTTPResponseEncoder(configuration: framing))
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)
            )
        )
        try pipeline.addHandler(clock)
    }

    /// In a task of its own: what that takes of memory goes with it where the connection becomes a WebSocket.
    private func serveRequests(
        of connection: HTTPConnection, _ inbound: HTTPConnection.Inbound
    ) async throws -> OpenWebSocket? {
        async let socket = connection.serve(inbound)
        return try await socket
    }

    /// Serves one connection until it ends.
    func serve(_ arrival: Arrival.Connection) async {
        let channel = arrival.channel
        do {
            try await withTaskCancellationHandler {
                try await arrival.executeThenClose { inbound, outbound in
                    let connection = HTTPConnection(
                        server: self, channel: channel, outbound: outbound, peer: channel.peerAddress
                    )
                    try await serveRequests(of: connection, inbound)?.run()
                }
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            logger.trace("connection ended early", metadata: ["error": "\(error)"])
        }
    }
}
