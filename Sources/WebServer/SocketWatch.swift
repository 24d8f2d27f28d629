import NIOCore

/// Stands next to the socket: reports arriving bytes and ends connections whose peer reads nothing.
final class SocketWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Called when bytes arrive; nil once the connection no longer speaks HTTP.
    var onBytes: (() -> Void)?

    private let patience: TimeAmount
    private var check: Scheduled<Void>?
    /// Since when bytes have waited, and how many did then.
    private var waiting: (since: NIODeadline, bytes: Int)?

    /// - Parameter patience: how long bytes may wait without any of them getting through.
    init(patience: TimeAmount) {
        self.patience = patience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onBytes?()
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            waiting = nil
        } else if waiting == nil {
            waiting = (.now(), context.unsentBytes)
            if check == nil { scheduleCheck(at: .now() + patience, context) }
        }
        context.fireChannelWritabilityChanged()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        check = nil
        onBytes = nil
    }

    /// A check that was planned stays so when the bytes get through: most answers make some wait, and few for long.
    private func scheduleCheck(at time: NIODeadline, _ context: ChannelHandlerContext) {
        check = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in
            guard let self else { return }
            self.check = nil
            guard let waiting = self.waiting else { return }
            let due = waiting.since + self.patience
            guard due <= .now() else { return self.scheduleCheck(at: due, context) }
            let bytes = context.unsentBytes
            guard bytes < waiting.bytes else { return context.close(promise: nil) }
            self.waiting = (.now(), bytes)
            self.scheduleCheck(at: .now() + self.patience, context)
        }
    }
}

extension ChannelHandlerContext {
    /// Bytes that the socket has yet to take; zero where the channel cannot tell.
    var unsentBytes: Int {
        do {
            return try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            return 0
        }
    }
}
