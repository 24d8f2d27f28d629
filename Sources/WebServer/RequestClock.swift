import NIOCore
import NIOHTTP1

/// Ends connections that take too long: without a request, inside a request, or after their last answer.
///
/// Knows as well whether a request is in flight, so that a shutdown closes idle connections at once and the others
/// after their answer: when the socket has taken its last byte. A connection that has just been made most likely has its
/// request on the way, so that it is not idle yet.
final class RequestClock: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    struct Limits: Sendable {
        var idle: TimeAmount
        var head: TimeAmount
        var body: TimeAmount
        var linger: TimeAmount
    }

    /// How long a request that is on its way may take to arrive once the server shuts down.
    private static let arrivalGrace = TimeAmount.milliseconds(250)

    private let limits: Limits
    /// Requests that have come and whose answer the socket has not wholly taken.
    private var inFlight = 0
    /// How many of them are answered, so that only the socket is waited for.
    private var leaving = 0
    /// What the socket had yet to take when a slow reader was last given more time.
    private var lastUnsentBytes: Int?
    private var hasServed = false
    private var isReadingHead = false
    /// Whether no answer will follow those on their way.
    private var isOver = false
    private var onLastAnswerOut: (() -> Void)?
    /// Whether the server shuts down, so that the answer in flight is the connection's last.
    private(set) var closesAfterAnswer = false
    private var deadline: NIODeadline?
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?
    private var context: ChannelHandlerContext?

    init(_ limits: Limits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        setDeadline(in: limits.idle)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.task.cancel()
        alarm = nil
        self.context = nil
    }

    /// Told by the socket's handler, because half a head never gets here.
    func bytesArrived() {
        guard inFlight == 0, !isReadingHead else { return }
        isReadingHead = true
        setDeadline(in: closesAfterAnswer ? Self.arrivalGrace : limits.head)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            inFlight += 1
            isReadingHead = false
            setDeadline(in: limits.body)
        case .body: break
        case .end:
            // An answer may be given before its request is in; then the clock already runs for what comes next.
            if inFlight > leaving, !isOver { deadline = nil }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where closesAfterAnswer:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            leaving += 1
            // What is no request may be answered too.
            inFlight = max(inFlight, leaving)
            if leaving == inFlight {
                lastUnsentBytes = nil
                setDeadline(in: limits.idle)
            }
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { _ in self.answerIsOut() }
            context.write(data, promise: written)
        default: context.write(data, promise: promise)
        }
    }

    private func answerIsOut() {
        inFlight -= 1
        leaving -= 1
        hasServed = true
        if leaving == 0 {
            onLastAnswerOut?()
            onLastAnswerOut = nil
        }
        guard inFlight == 0 else { return }
        setDeadline(in: limits.idle)
        if closesAfterAnswer { context?.close(promise: nil) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        isOver = true
        guard leaving == 0 else {
            // Where the client has closed its side, the whole connection would be closed, with what is on its way.
            moveDeadline(in: limits.idle)
            onLastAnswerOut = {
                if context.channel.isActive {
                    self.close(context: context, mode: mode, promise: promise)
                } else {
                    promise?.fail(ChannelError.ioOnClosedChannel)
                }
            }
            return
        }
        moveDeadline(in: limits.linger)
        context.close(mode: mode, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            closesAfterAnswer = true
            if inFlight == 0 {
                if hasServed, !isReadingHead { context.close(promise: nil) } else { setDeadline(in: Self.arrivalGrace) }
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A connection whose answers are over keeps its last deadline, whatever the client still sends.
    private func setDeadline(in amount: TimeAmount) {
        if !isOver { moveDeadline(in: amount) }
    }

    private func moveDeadline(in amount: TimeAmount) {
        let deadline = NIODeadline.now() + amount
        self.deadline = deadline
        if let alarm, alarm.at <= deadline { return }
        ring(at: deadline)
    }

    /// The alarm looks at the deadline when it rings: moving a deadline back costs nothing.
    private func ring(at time: NIODeadline) {
        alarm?.task.cancel()
        guard let context else { return }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in
            guard let self else { return }
            self.alarm = nil
            guard let deadline = self.deadline, let context = self.context else { return }
            if NIODeadline.now() >= deadline { self.expire(context) } else { self.ring(at: deadline) }
        }
        alarm = (time, task)
    }

    /// A client that is only slow to read its answers has more time, as long as it reads.
    private func expire(_ context: ChannelHandlerContext) {
        let isSending = leaving > 0 && (isOver || leaving == inFlight)
        let bytes = isSending ? context.unsentBytes : 0
        guard bytes > 0, bytes < lastUnsentBytes ?? .max else { return context.close(promise: nil) }
        lastUnsentBytes = bytes
        moveDeadline(in: limits.idle)
    }
}
