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
    private var waitingBytes = 0

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
            check?.cancel()
            check = nil
        } else if check == nil {
            scheduleCheck(context)
        }
        context.fireChannelWritabilityChanged()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        check = nil
        onBytes = nil
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        waitingBytes = bufferedBytes(context)
        check = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { [weak self] in
            guard let self else { return }
            if self.bufferedBytes(context) >= self.waitingBytes {
                context.close(promise: nil)
            } else {
                self.scheduleCheck(context)
            }
        }
    }

    /// Zero where the channel cannot tell, which counts as no progress.
    private func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
        do {
            return try context.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            return 0
        }
    }
}
