import NIOCore
import NIOWebSocket

/// Speaks WebSocket on one connection: everything here runs on its event loop.
final class WebSocketSession: ChannelDuplexHandler {
    typealias InboundIn = NIOWebSocket.WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// What other threads ask for.
    enum Order: Sendable {
        case write
        case read
    }

    struct Limits: Sendable {
        var message: Int
        /// Frames a second that are no messages.
        var sideFrames: Int
        var pingInterval: TimeAmount
        var silence: TimeAmount
        var closing: TimeAmount
    }

    static let shutdownReason = "the server is shutting down"

    private let client: WebSocketClient
    private let limits: Limits
    private var assembler: WebSocketAssembler
    private var budget: WebSocketFrameBudget
    private var lastSign = NIODeadline.now()
    private var heartbeat: Scheduled<Void>?
    private var closeTimer: Scheduled<Void>?
    private var hasSentClose = false
    private var isDraining = false
    /// Whether the socket has yet to take the last pong, and what is to be sent after it.
    private var isPongOnItsWay = false
    private var nextPong: ByteBuffer?

    init(_ client: WebSocketClient, _ limits: Limits) {
        self.client = client
        self.limits = limits
        assembler = WebSocketAssembler(limit: limits.message, expands: client.understandsCompression)
        budget = WebSocketFrameBudget(perSecond: limits.sideFrames, at: .now)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        scheduleHeartbeat(context)
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        heartbeat?.cancel()
        heartbeat = nil
        closeTimer?.cancel()
        closeTimer = nil
        client.outbox.end()
        client.inbox.finish()
    }

    private func scheduleHeartbeat(_ context: ChannelHandlerContext) {
        heartbeat = context.eventLoop.assumeIsolated().scheduleTask(in: limits.pingInterval) { [weak self] in
            guard let self else { return }
            self.beat(context)
            if context.channel.isActive { self.scheduleHeartbeat(context) }
        }
    }

    private func beat(_ context: ChannelHandlerContext) {
        // A client that waits for its handler is not read, so its silence says nothing.
        if !client.inbox.hasRoom { lastSign = .now() }
        if NIODeadline.now() - lastSign >= limits.silence {
            startClosing(4002, "no sign of life", context)
        } else if !hasSentClose, context.channel.isWritable {
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame.ping), promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            _ = client.outbox.close(1001, Self.shutdownReason)
            drain(context)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: From the client

    /// Reading is decided here alone; the handlers behind no longer take part.
    func read(context: ChannelHandlerContext) {}

    func channelReadComplete(context: ChannelHandlerContext) {
        if client.inbox.hasRoom { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastSign = .now()
        let frame = unwrapInboundIn(data)
        if hasSentClose {
            if frame.opcode == .connectionClose, !client.isMute { context.close(promise: nil) }
            return
        }
        guard isWithinBudget(frame) else { return startClosing(4008, "too many frames at once", context) }
        // Seen before the frame is expanded: one read of the socket may bring thousands that expand a hundredfold.
        guard !client.inbox.isOverfull else { return startClosing(4008, "too many messages at once", context) }
        let event = assembler.take(frame)
        guard !client.isMute else { return }
        client.noteSign()
        switch event {
        case .nothing: break
        case .text(let text): client.inbox.put(text)
        case .ping(let payload): send(pong: WebSocketFrame.pong(payload), context)
        case .close(let code): answerClose(code, context)
        case .violation(let code, let reason): startClosing(code, reason, context)
        }
    }

    private func isWithinBudget(_ frame: InboundIn) -> Bool {
        switch frame.opcode {
        case .ping, .pong, .continuation: budget.take(at: .now)
        default: true
        }
    }

    /// Pings that come while an answer waits for the socket are answered by one, to the latest (RFC 6455, 5.5.3): a client
    /// that reads nothing piles up nothing.
    private func send(pong: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !isPongOnItsWay else {
            nextPong = pong
            return
        }
        isPongOnItsWay = true
        context.writeAndFlush(wrapOutboundOut(pong)).assumeIsolated().whenSuccess { _ in
            self.isPongOnItsWay = false
            guard let next = self.nextPong else { return }
            self.nextPong = nil
            if !self.hasSentClose { self.send(pong: next, context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else { return context.close(promise: nil) }
        let isTooLong = error == .invalidFrameLength
        startClosing(isTooLong ? 1009 : 1002, isTooLong ? "frame too long" : "malformed control frame", context)
        // The decoder has lost its place: the client's own close frame can no longer be told from data.
        context.close(mode: .output, promise: nil)
    }

    private func answerClose(_ code: Int?, _ context: ChannelHandlerContext) {
        client.inbox.finish()
        _ = client.outbox.close(code, "", droppingQueue: true)
        client.outbox.end()
        hasSentClose = true
        let isolated = context.writeAndFlush(wrapOutboundOut(WebSocketFrame.close(code, ""))).assumeIsolated()
        isolated.whenComplete { _ in context.close(promise: nil) }
        armCloseTimer(context)
    }

    private func startClosing(_ code: Int, _ reason: String, _ context: ChannelHandlerContext) {
        _ = client.outbox.close(code, reason, droppingQueue: true)
        drain(context)
    }

    // MARK: To the client

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event as? Order {
        case .write:
            drain(context)
            promise?.succeed()
        case .read:
            context.read()
            promise?.succeed()
        case nil: context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { drain(context) }
        context.fireChannelWritabilityChanged()
    }

    private func drain(_ context: ChannelHandlerContext) {
        if !client.outbox.isOpen { armCloseTimer(context) }
        // A flush that succeeds at once reports writability from within.
        guard !isDraining, !hasSentClose else { return }
        isDraining = true
        defer { isDraining = false }
        var hasWritten: Bool
        repeat {
            hasWritten = false
            while !hasSentClose, let item = client.outbox.take(isWritable: context.channel.isWritable) {
                write(item, context)
                hasWritten = true
            }
            if hasWritten { context.flush() }
        } while hasWritten
    }

    private func write(_ item: WebSocketOutbox.Item, _ context: ChannelHandlerContext) {
        switch item {
        case .frame(let frame):
            let size = frame.readableBytes
            let outbox = client.outbox
            context.write(wrapOutboundOut(frame)).whenComplete { _ in outbox.flushed(size) }
        case .close(let code, let reason):
            hasSentClose = true
            client.inbox.finish()
            context.write(wrapOutboundOut(WebSocketFrame.close(code, reason)), promise: nil)
        }
    }

    private func armCloseTimer(_ context: ChannelHandlerContext) {
        guard closeTimer == nil else { return }
        let handshake = Duration.nanoseconds(limits.closing.nanoseconds)
        let patience = ClosingPatience(handshake, unsentBytes: unsentBytes(context), at: .now)
        scheduleCut(context, patience)
    }

    /// Cut in the middle of what it still reads, a client would not learn why it is closed.
    private func scheduleCut(_ context: ChannelHandlerContext, _ before: ClosingPatience) {
        closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.closing) { [weak self] in
            guard let self else { return }
            var patience = before
            guard patience.lasts(unsentBytes: self.unsentBytes(context), at: .now) else {
                return context.close(promise: nil)
            }
            self.scheduleCut(context, patience)
        }
    }

    private func unsentBytes(_ context: ChannelHandlerContext) -> Int {
        client.outbox.heldBytes + context.unsentBytes
    }
}
