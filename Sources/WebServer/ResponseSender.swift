import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Puts an assembled answer onto a connection.
struct ResponseSender {
    let outbound: HTTPConnection.Outbound

    /// Sends head, body and end, in one write where the body is at hand.
    ///
    /// - Returns: the bytes of body that were sent.
    func send(_ response: OutgoingResponse) async throws -> Int {
        switch response.content {
        case .none:
            try await outbound.write(contentsOf: [.head(response.head), .end(nil)])
            return 0
        case .buffer(let buffer):
            try await outbound.write(contentsOf: [.head(response.head), .body(.byteBuffer(buffer)), .end(nil)])
            return buffer.readableBytes
        case .stream(let produce):
            try await outbound.write(.head(response.head))
            let sent = try await run(produce)
            try await outbound.write(.end(nil))
            return sent
        case .disconnect: throw Disconnect()
        }
    }

    /// Ends well when the stream ends or the server shuts down; any other failure must cut the connection, for the
    /// client could not tell a broken body from a whole one.
    private func run(_ produce: @escaping @Sendable (WebBodyWriter) async throws -> Void) async throws -> Int {
        let sent = NIOLockedValueBox(0)
        let writer = WebBodyWriter { [outbound] bytes in
            try await outbound.write(.body(.byteBuffer(bytes)))
            sent.withLockedValue { $0 += bytes.readableBytes }
        }
        do {
            try await WebRouter.aside { try await cancelWhenGracefulShutdown { try await produce(writer) } }
        } catch is CancellationError {
            try Task.checkCancellation()
        }
        return sent.withLockedValue { $0 }
    }
}

/// A handler wants its connection cut.
struct Disconnect: Error {}
