import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Turns an HTTP connection into a WebSocket, on whichever of its requests the client asks for it.
struct WebSocketUpgrade {
    let server: HTTPConnections
    let channel: any Channel
    let request: WebRequest
    let head: HTTPRequestHead
    /// Serves the client until it is gone.
    let serve: WebServer.WebSocketHandler

    /// Whether a request is an upgrade that may be granted.
    ///
    /// - Throws: ``WebError``: 405 for another method, 403 for a foreign origin, 426 for plain requests and other
    ///   versions, 400 for a malformed key.
    static func check(
        _ request: WebRequest, allowing allowsOrigin: (_ origin: String, _ host: String?) -> Bool
    ) throws(WebError) {
        guard request.method == "GET" else { throw .methodNotAllowed(request.method, allowed: ["GET"]) }
        let fields = request.fields
        if let origin = request.header("Origin"), !allowsOrigin(origin, request.header("Host")) {
            throw .forbidden("Pages of \(origin) may not connect here")
        }
        guard fields[canonicalForm: "Upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            fields[canonicalForm: "Connection"].contains(where: { $0.lowercased() == "upgrade" }),
            fields["Sec-WebSocket-Version"] == ["13"]
        else {
            throw WebError(
                status: 426, code: "upgrade_required", message: "This path speaks WebSocket, version 13",
                headers: [.init("Upgrade", "websocket"), .init("Sec-WebSocket-Version", "13")]
            )
        }
        let keys = fields["Sec-WebSocket-Key"]
        guard keys.count == 1, keys[0].utf8.count == 24, keys[0].hasSuffix("==") else {
            throw .badRequest("Sec-WebSocket-Key must be 16 bytes in base64")
        }
    }

    /// Grants the upgrade: from here on the connection is a WebSocket.
    func grant() async throws -> OpenWebSocket {
        let extensions = WebSocketCompression.answer(
            to: request.fields[canonicalForm: "Sec-WebSocket-Extensions"])
        let client = WebSocketClient(
            request, channel: channel, queueLimit: server.configuration.maximumWebSocketQueue,
            longestMessage: server.configuration.maximumWebSocketFrame, understandsCompression: extensions != nil)
        try await install(client, try await accept(extensions))
        return OpenWebSocket(client: client, serve: serve, logger: server.logger)
    }

    /// The head of the 101 answer, as bytes: the encoder leaves the pipeline before it could be asked.
    private func accept(_ extensions: String?) async throws -> ByteBuffer {
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        var fields = try await upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: [:]
        ).get()
        if let extensions { fields.add(name: "Sec-WebSocket-Extensions", value: extensions) }
        fields.add(name: "X-Request-ID", value: request.requestID)
        if let name = server.configuration.serverName { fields.add(name: "Server", value: name) }
        let lines = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        return ByteBuffer(string: "HTTP/1.1 101 Switching Protocols\r\n\(lines)\r\n")
    }

    private func install(_ client: WebSocketClient, _ answer: ByteBuffer) async throws {
        let limits = WebSocketSession.Limits(
            message: server.configuration.maximumWebSocketFrame,
            sideFrames: server.configuration.webSocketSideFramesPerSecond,
            pingInterval: TimeAmount(server.configuration.webSocketPingInterval),
            silence: TimeAmount(server.configuration.webSocketSilenceTimeout),
            closing: TimeAmount(server.configuration.webSocketCloseTimeout)
        )
        let sendBuffer = server.configuration.webSocketSendBuffer
        try await channel.eventLoop.submit { [channel] in
            if let sendBuffer {
                try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: sendBuffer)
            }
            let pipeline = channel.pipeline.syncOperations
            let watch = try pipeline.handler(type: SocketWatch.self)
            watch.onBytes = nil
            try pipeline.context(handlerType: SocketWatch.self)
                .writeAndFlush(watch.wrapOutboundOut(answer), promise: nil)
            let requests = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let frames = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.message))
            let session = WebSocketSession(client, limits)
            try pipeline.addHandler(frames, position: .after(requests))
            try pipeline.addHandler(session, position: .after(frames))
            let clock = try pipeline.handler(type: RequestClock.self)
            pipeline.removeHandler(clock, promise: nil)
            pipeline.removeHandler(try pipeline.handler(type: HTTPResponseEncoder.self), promise: nil)
            // Last, because it hands the bytes that followed the request to the frame decoder.
            pipeline.removeHandler(requests, promise: nil)
            // The shutdown was announced before the session could hear of it.
            if clock.closesAfterAnswer { client.close(code: 1001, reason: WebSocketSession.shutdownReason) }
        }.get()
    }
}
