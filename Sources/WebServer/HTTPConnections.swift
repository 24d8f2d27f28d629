import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Prepares and serves every accepted connection.
struct HTTPConnections: ServerChildChannel {
    typealias Value = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    let configuration: WebServerConfiguration
    let router: WebRouter
    let webSocket: (@Sendable (WebSocketClient) async -> Void)?
    let assembly: ResponseAssembly
    let logger: Logger

    init(
        _ configuration: WebServerConfiguration, router: WebRouter,
        webSocket: (@Sendable (WebSocketClient) async -> Void)?, logger: Logger
    ) {
        self.configuration = configuration
        self.router = router
        self.webSocket = webSocket
        self.logger = logger
        assembly = ResponseAssembly(configuration)
    }

    /// Runs on the connection's event loop before its first byte is read.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
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
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    /// Serves one connection until it ends.
    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        do {
            try await withTaskCancellationHandler {
                try await value.executeThenClose { inbound, outbound in
                    let connection = HTTPConnection(
                        server: self, channel: channel, outbound: outbound, peer: channel.peerAddress
                    )
                    try await connection.serve(inbound)
                }
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            logger.trace("connection ended early", metadata: ["error": "\(error)"])
        }
    }
}
