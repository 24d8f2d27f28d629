import NIOCore

/// Stands at the listening socket: accepts no more connections than may be open, and tells all of them when the server
/// shuts down. The socket is closed a moment later: what was accepted just before is still being prepared, hears no
/// announcement yet, and would be closed with the socket.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    /// How long preparing a connection takes at most.
    private static let preparation = TimeAmount.milliseconds(50)

    private let limit: Int
    private var connections: [ObjectIdentifier: any Channel] = [:]
    private var isFull = false
    private var isQuiescing = false

    init(limit: Int) {
        self.limit = limit
    }

    func read(context: ChannelHandlerContext) {
        isFull = connections.count >= limit
        if !isFull, !isQuiescing { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let connection = unwrapInboundIn(data)
        let id = ObjectIdentifier(connection)
        connections[id] = connection
        connection.closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.connections[id] = nil
            if self.isFull, context.channel.isActive { self.read(context: context) }
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        guard !isQuiescing else { return }
        isQuiescing = true
        announce()
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.preparation) {
            let (gate, context) = bound.value
            gate.announce()
            // The bootstrap's own handler closes the listening socket.
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    private func announce() {
        for connection in connections.values {
            connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }
}
