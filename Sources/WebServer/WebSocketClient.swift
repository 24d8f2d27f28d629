import NIOCore

/// One connected WebSocket client, usable from any thread.
public final class WebSocketClient: Sendable {
    /// Unique among all clients; never the client's own choice.
    public let id: String
    /// The id of the upgrade request, which the client may have chosen.
    public let requestID: String
    /// The query of the upgrade request.
    public let query: WebQuery
    /// The client's address, as in ``WebRequest/remoteAddress``.
    public let remoteAddress: String
    /// The client's text messages, for one reader; ends when the client is gone or being closed.
    public let incoming: AsyncStream<String>

    let channel: any Channel
    let outbox: WebSocketOutbox
    let inbox: WebSocketInbox

    init(_ request: WebRequest, channel: any Channel, queueLimit: Int) {
        id = RequestID.fresh()
        requestID = request.requestID
        query = request.query
        remoteAddress = request.remoteAddress
        self.channel = channel
        outbox = WebSocketOutbox(limit: queueLimit)
        let inbox = WebSocketInbox { channel.triggerUserOutboundEvent(WebSocketSession.Order.read, promise: nil) }
        self.inbox = inbox
        incoming = AsyncStream(unfolding: { await inbox.next() }, onCancel: { inbox.finish() })
    }

    /// Hands a message over and returns at once. Messages arrive in the order they were sent; those sent to a client
    /// that is being closed are dropped. A client with too much waiting is closed with 1013.
    public func send(_ frame: WebSocketFrame) {
        if outbox.put(frame.wire) { wake() }
    }

    /// Bytes that were handed over and that the socket has not taken yet.
    public var queuedBytes: Int { outbox.queuedBytes }

    /// Whether messages are still accepted for sending.
    public var isOpen: Bool { outbox.isOpen }

    /// Closes the connection once what waits is sent; the first call decides code and reason.
    public func close(code: Int, reason: String) {
        if outbox.close(code, reason) { wake() }
    }

    private func wake() {
        channel.triggerUserOutboundEvent(WebSocketSession.Order.write, promise: nil)
    }
}
