import NIOCore
import NIOHTTP1

/// Ends connections that take too long: without a request, inside a request, or after their last answer.
///
/// Knows as well whether a request is in flight, so that a shutdown closes idle connections at once and the others
/// after their answer. A connection that has just been made most likely has its request on the way, so that it is not idle
/// yet.
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
    private var inFlight = 0
    private var hasServed = false
    private var isReadingHead = false
    private var isLingering = false
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
            // An answer may be out before its request is in; then the clock already runs for the next one.
            if inFlight > 0, !isLingering { deadline = nil }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where closesAfterAnswer:
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            inFlight -= 1
            hasServed = true
            guard inFlight == 0 else { return context.write(data, promise: promise) }
            isReadingHead = false
            setDeadline(in: limits.idle)
            guard closesAfterAnswer else { return context.write(data, promise: promise) }
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            context.writeAndFlush(data, promise: written)
        default: context.write(data, promise: promise)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            setDeadline(in: limits.linger)
            isLingering = true
        }
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
        guard !isLingering else { return }
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
            if NIODeadline.now() >= deadline { context.close(promise: nil) } else { self.ring(at: deadline) }
        }
        alarm = (time, task)
    }
}
