import Foundation
import FundingRuntime

/// A client of the live feed over server-sent events: it hears the frames of the WebSocket, and asks nothing more.
final class EventStreamPeer: LivePeer {
    /// Why its connection is cut: server-sent events have no close code.
    struct TooSlow: Error {}
    /// There were too many of its kind by the time it was to be served.
    struct TooMany: Error {}

    /// What is to be sent. Frames are shared with all who hear the same; only what is just being written is a copy.
    enum Chunk: Sendable {
        case frame(EncodedFrame, id: Int?)
        /// A line that is no event, so that nobody between takes the connection for dead.
        case heartbeat

        var bytes: [UInt8] {
            switch self {
            case .heartbeat: Array(": heartbeat\n\n".utf8)
            case .frame(let message, let id):
                Array((id.map { "id: \($0)\n" } ?? "").utf8) + Array("data: ".utf8) + message.json
                    + Array("\n\n".utf8)
            }
        }

        /// About how many bytes these are.
        fileprivate var size: Int {
            switch self {
            case .heartbeat: 16
            case .frame(let message, _): message.byteCount
            }
        }
    }

    let id = "events-\(UUID().uuidString)"
    /// In order. The feed keeps its length in bounds: it sends nothing to whom too much waits for.
    let chunks: AsyncStream<Chunk>
    private let outlet: AsyncStream<Chunk>.Continuation
    private let end = AsyncStream.makeStream(of: Void.self)
    private let state = Lock((waiting: 0, isGivenUp: false))

    init() {
        (chunks, outlet) = AsyncStream.makeStream()
    }

    var queuedBytes: Int { state.withLock(\.waiting) }

    func send(_ message: EncodedFrame) { put(.frame(message, id: message.sequence)) }

    /// A browser that comes back names the last id that it has seen, and so says that it has all before: of messages that
    /// hold together only the last has one.
    func send(_ messages: [EncodedFrame]) {
        for message in messages.dropLast() { put(.frame(message, id: nil)) }
        if let last = messages.last { send(last) }
    }

    func giveUp(code: Int, reason: String) {
        state.withLock { $0.isGivenUp = true }
        outlet.finish()
        end.continuation.finish()
    }

    /// Sends a sign of life again and again.
    func beat(every time: Duration) async throws {
        while true {
            try await Task.sleep(for: time)
            put(.heartbeat)
        }
    }

    /// Writes what is sent.
    func write(by write: ([UInt8]) async throws -> Void) async throws {
        for await chunk in chunks {
            // Old news are of no use to whom they come too late.
            guard !state.withLock(\.isGivenUp) else { throw TooSlow() }
            try await write(chunk.bytes)
            state.withLock { $0.waiting -= chunk.size }
        }
    }

    /// Waits as long as the client is served.
    /// - Throws: `TooSlow` once it is given up, even while a write to it waits.
    func untilGivenUp() async throws {
        for await _ in end.stream {}
        try Task.checkCancellation()
        throw TooSlow()
    }

    private func put(_ chunk: Chunk) {
        state.withLock { $0.waiting += chunk.size }
        outlet.yield(chunk)
    }
}
