import NIOConcurrencyHelpers
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
    /// As in ``WebRequest/isLoopbackPeer``.
    public let isLoopbackPeer: Bool
    /// The client's text messages, for one reader; ends when the client is gone or being closed.
    public let incoming: AsyncStream<String>

    let channel: any Channel
    /// Whether permessage-deflate was agreed on.
    let understandsCompression: Bool
    let outbox: WebSocketOutbox
    let inbox: WebSocketInbox

    private struct Manners {
        var lastSign = ContinuousClock.now
        var isMute = false
    }

    private let manners = NIOLockedValueBox(Manners())

    init(
        _ request: WebRequest, channel: any Channel, queueLimit: Int, longestMessage: Int, understandsCompression: Bool
    ) {
        id = RequestID.fresh()
        requestID = request.requestID
        query = request.query
        remoteAddress = request.remoteAddress
        isLoopbackPeer = request.isLoopbackPeer
        self.channel = channel
        self.understandsCompression = understandsCompression
        outbox = WebSocketOutbox(limit: queueLimit)
        let inbox = WebSocketInbox(longest: longestMessage) {
            channel.triggerUserOutboundEvent(WebSocketSession.Order.read, promise: nil)
        }
        self.inbox = inbox
        incoming = AsyncStream(unfolding: { await inbox.next() }, onCancel: { inbox.finish() })
    }

    /// Hands a message over and returns at once. Messages arrive in the order they were sent; those sent to a client
    /// that is being closed are dropped. A client with too much waiting is closed with 1013.
    public func send(_ frame: WebSocketFrame) {
        if put(frame) { wake() }
    }

    /// Hands a message over to many as `send` does to one: each event loop is woken once for all its clients.
    public static func send(_ frame: WebSocketFrame, to clients: some Sequence<WebSocketClient>) {
        var woken: [ObjectIdentifier: [WebSocketClient]] = [:]
        for client in clients where client.put(frame) {
            woken[ObjectIdentifier(client.channel.eventLoop), default: []].append(client)
        }
        for clients in woken.values {
            clients[0].channel.eventLoop.execute { for client in clients { client.wake() } }
        }
    }

    /// Bytes that were handed over and that the socket has not taken yet.
    public var queuedBytes: Int { outbox.queuedBytes }

    /// Whether messages are still accepted for sending.
    public var isOpen: Bool { outbox.isOpen }

    /// Closes the connection once what waits is sent; the first call decides code and reason.
    ///
    /// - Parameter droppingQueue: only what the socket has begun to take is sent before. For a client that is slow to
    ///   read: behind all that waits, it would not learn in time why it is closed.
    public func close(code: Int, reason: String, droppingQueue: Bool = false) {
        if outbox.close(code, reason, droppingQueue: droppingQueue) { wake() }
    }

    /// Ends the connection at once, without a closing handshake.
    public func cut() {
        outbox.end()
        channel.close(promise: nil)
    }

    /// When the client last sent anything, control frames included; at first, when it connected.
    public var lastSign: ContinuousClock.Instant { manners.withLockedValue(\.lastSign) }

    /// Whether what the client sends is ignored, pings and close frames included, as if the network swallowed it.
    public var isMute: Bool {
        get { manners.withLockedValue(\.isMute) }
        set { manners.withLockedValue { $0.isMute = newValue } }
    }

    func noteSign() { manners.withLockedValue { $0.lastSign = .now } }

    /// - Returns: whether the event loop must be woken.
    private func put(_ frame: WebSocketFrame) -> Bool {
        outbox.put(understandsCompression ? frame.compressed : frame.wire)
    }

    private func wake() {
        channel.triggerUserOutboundEvent(WebSocketSession.Order.write, promise: nil)
    }
}
