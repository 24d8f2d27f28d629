import NIOCore

/// Stands at the listening socket: accepts no more connections than may be open, and tells all of them when the server
/// shuts down.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let limit: Int
    private var connections: [ObjectIdentifier: any Channel] = [:]
    private var isFull = false

    init(limit: Int) {
        self.limit = limit
    }

    func read(context: ChannelHandlerContext) {
        isFull = connections.count >= limit
        if !isFull { context.read() }
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
        if event is ChannelShouldQuiesceEvent {
            for connection in connections.values {
                connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            }
        }
        // The bootstrap's own handler closes the listening socket, and connections that are still being prepared.
        context.fireUserInboundEventTriggered(event)
    }
}
