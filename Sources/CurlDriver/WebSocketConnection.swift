/// One open WebSocket. Messages are read with `next()`; what the protocol needs besides happens by itself on the
/// fetcher's thread: pings are answered, a silent server is pinged, a close frame is answered.
///
/// When the last reference goes, the connection is closed in the background. Closing the fetcher ends it too.
public final class WebSocketConnection: Sendable {
    /// Something the server sent.
    public enum Event: Sendable, Equatable {
        /// A whole text or binary message. Text is valid UTF-8.
        case message([UInt8])
        /// A ping, which was answered.
        case ping
        /// The answer to a ping, the driver's own included.
        case pong
    }

    /// How long a server has for its half of the closing handshake.
    static let closeTimeout = Duration.seconds(2)

    private let engine: Engine
    private let link: WebSocketLink

    init(_ link: WebSocketLink, on engine: Engine) {
        self.link = link
        self.engine = engine
    }

    deinit {
        link.channel.requestClose(1001)
        engine.serve(link)
    }

    /// What was received so far.
    public var traffic: WebSocketTraffic { link.channel.traffic }

    /// Waits for the next event. One task should read at a time; two get the events in turn.
    ///
    /// A cancelled task gets `.cancelled` at once; the connection stays open and nothing is lost.
    ///
    /// - Throws: how the connection ended, behind the last event and at every call from then on.
    public func next() async throws(WebSocketError) -> Event {
        if !Task.isCancelled, let (event, resumesReading) = link.channel.nextAtHand() {
            if resumesReading { engine.serve(link) }
            return event
        }
        let reader = WebSocketChannel.Reader()
        let outcome = await withTaskCancellationHandler {
            await link.channel.next(for: reader) { [engine, link] in engine.serve(link) }
        } onCancel: {
            link.channel.cancel(reader)
        }
        return try outcome.get()
    }

    /// Sends a text message. It returns when the message has its place in line, and does not wait for the network.
    ///
    /// - Throws: how the connection ended, or `.overloaded` when 1 MiB waits already: then nothing was sent.
    public func send(_ text: String) async throws(WebSocketError) {
        try post(WebSocketFrame.text.encoded(text.utf8))
    }

    /// Sends a ping; the answer is an event.
    public func ping() async throws(WebSocketError) {
        try post(WebSocketFrame.ping.encoded([]))
    }

    private func post(_ frame: [UInt8]) throws(WebSocketError) {
        if let refusal = link.channel.post(frame) { throw refusal }
        engine.serve(link)
    }

    /// Says goodbye, waits for the answer, at most two seconds, and returns when the socket is gone. Events that were
    /// not read are dropped; `next()` throws `.closed` with this code from then on.
    ///
    /// - Parameter code: 1000 for a normal end, or another that RFC 6455 lets a client send.
    public func close(code: Int = 1000) async {
        precondition(WebSocketFrame.isCloseCode(code), "\(code) is no code for a close frame")
        await link.channel.waitUntilGone { [engine, link] in
            link.channel.requestClose(code)
            engine.serve(link)
        }
    }
}

/// What a WebSocket has received.
public struct WebSocketTraffic: Sendable, Equatable {
    /// Bytes of the wire behind the handshake, without TLS, frame headers included.
    public var bytesReceived = 0

    /// Whole messages.
    public var messagesReceived = 0

    /// How often reading stopped because the reader was too slow.
    public var pauses = 0
}

extension HTTPFetcher {
    /// Opens a WebSocket on this fetcher's thread, through the same proxy and with the same certificate authorities
    /// as its requests.
    ///
    /// - Throws: `WebSocketError`, of kind `.cancelled` as soon as the calling task is.
    public func openWebSocket(_ request: WebSocketRequest) async throws(WebSocketError) -> WebSocketConnection {
        let link = try WebSocketLink(request, userAgent: engine.userAgent)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                engine.open(link, continuation)
            }
        } onCancel: {
            engine.cancelOpening(link)
        }
        try outcome.get()
        return WebSocketConnection(link, on: engine)
    }
}
