import NIOCore
import NIOHTTP1

/// Hands a connection over to those who serve it, once it is established.
///
/// An `NIOAsyncChannel` that is dropped while it is open ends the process. So it is made no sooner than here: what a
/// shutdown closes before has none. Nor later, for a client that says its piece and hangs up is read at once.
final class Arrival: ChannelInboundHandler {
    typealias InboundIn = Never
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private let arrivals: AsyncStream<Connection>.Continuation

    init(_ arrivals: AsyncStream<Connection>.Continuation) {
        self.arrivals = arrivals
    }

    func channelActive(context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        do {
            let connection = try Connection(
                wrappingChannelSynchronously: context.channel, configuration: .init(isOutboundHalfClosureEnabled: true)
            )
            if case .terminated = arrivals.yield(connection) { refuse(connection) }
            context.fireChannelActive()
        } catch {
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    /// Closes a connection that came after the last one served, and keeps it until it is closed.
    private func refuse(_ connection: Connection) {
        connection.channel.closeFuture.whenComplete { _ in withExtendedLifetime(connection) {} }
        connection.channel.close(promise: nil)
    }
}
