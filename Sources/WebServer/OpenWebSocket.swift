import Logging
import NIOCore

/// A connection that has become a WebSocket. It may live for days and there may be thousands: it holds no more than it
/// needs, and nothing of the requests before it.
struct OpenWebSocket {
    let client: WebSocketClient
    let serve: WebServer.WebSocketHandler
    let logger: Logger

    /// Serves the client until it is gone.
    func run() async {
        await withTaskGroup(of: Void.self) { [client, serve] group in
            group.addTask(executorPreference: globalConcurrentExecutor) {
                await serve(client)
                let isCutShort = Task.isCancelled
                client.close(code: isCutShort ? 1001 : 1000, reason: isCutShort ? WebSocketSession.shutdownReason : "")
            }
            await waitForClose()
            group.cancelAll()
        }
    }

    private func waitForClose() async {
        do {
            try await client.channel.closeFuture.get()
        } catch {
            logger.trace("connection closed with an error", metadata: ["error": "\(error)"])
        }
    }
}
