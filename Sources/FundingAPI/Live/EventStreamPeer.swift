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

    func send(_ message: EncodedFrame) { put(message, id: message.sequence) }

    /// A browser that comes back names the last id that it has seen, and so says that it has all before: of messages that
    /// hold together only the last has one.
    func send(_ messages: [EncodedFrame]) {
        for message in messages.dropLast() { put(message, id: nil) }
        if let last = messages.last { send(last) }
    }

    /// A line that is no event, so that nobody between takes the connection for dead.
    func sendHeartbeat() { put(Array(": heartbeat\n\n".utf8)) }

    func close(code: Int, reason: String) { outlet.finish() }

    /// Tells that bytes have gone.
    func sent(_ chunk: [UInt8]) { waiting.withLock { $0 -= chunk.count } }

    private func put(_ message: EncodedFrame, id: Int?) {
        let line = id.map { "id: \($0)\n" } ?? ""
        put(Array("\(line)data: ".utf8) + message.json + Array("\n\n".utf8))
    }

    private func put(_ chunk: [UInt8]) {
        waiting.withLock { $0 += chunk.count }
        outlet.yield(chunk)
    }
}
