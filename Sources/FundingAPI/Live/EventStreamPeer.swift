import Foundation
import FundingRuntime

/// A client of the live feed over server-sent events: it hears the frames of the WebSocket, and asks nothing more.
final class EventStreamPeer: LivePeer {
    let id = "events-\(UUID().uuidString)"
    /// What is to be sent, in order. The feed keeps its length in bounds: it sends nothing to whom too much waits for.
    let chunks: AsyncStream<[UInt8]>
    private let outlet: AsyncStream<[UInt8]>.Continuation
    private let waiting = Lock(0)

    init() {
        (chunks, outlet) = AsyncStream.makeStream()
    }

    var queuedBytes: Int { waiting.withLock { $0 } }

    func send(_ message: EncodedFrame) {
        // A browser that comes back names the last id that it has seen.
        let id = message.sequence.map { "id: \($0)\n" } ?? ""
        put(Array("\(id)data: ".utf8) + message.json + Array("\n\n".utf8))
    }

    /// A line that is no event, so that nobody between takes the connection for dead.
    func sendHeartbeat() { put(Array(": heartbeat\n\n".utf8)) }

    func close(code: Int, reason: String) { outlet.finish() }

    /// Tells that bytes have gone.
    func sent(_ chunk: [UInt8]) { waiting.withLock { $0 -= chunk.count } }

    private func put(_ chunk: [UInt8]) {
        waiting.withLock { $0 += chunk.count }
        outlet.yield(chunk)
    }
}
