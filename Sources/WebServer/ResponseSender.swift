import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// What became of an answer.
struct Delivery: Sendable {
    enum End: Sendable {
        case whole
        /// The client is gone, or the handler wanted to be rid of it: there is nobody to tell.
        case abandoned(any Error)
        /// What makes the body failed half-way, or had no more time.
        case cutShort(any Error)
    }

    var end: End
    /// Bytes of body that were sent.
    var bytes = 0
}

/// Puts an assembled answer onto a connection.
struct ResponseSender {
    let outbound: HTTPConnection.Outbound

    /// Sends head, body and end, in one write where the body is at hand. After any end but a whole answer the connection
    /// must be cut, for the client could not tell a broken body from a whole one.
    func send(_ response: OutgoingResponse) async -> Delivery {
        do {
            switch response.content {
            case .none:
                try await outbound.write(contentsOf: [.head(response.head), .end(nil)])
                return Delivery(end: .whole)
            case .buffer(let buffer):
                try await outbound.write(contentsOf: [.head(response.head), .body(.byteBuffer(buffer)), .end(nil)])
                return Delivery(end: .whole, bytes: buffer.readableBytes)
            case .stream(let stream):
                try await outbound.write(.head(response.head))
                return await run(stream)
            case .disconnect:
                return Delivery(end: .abandoned(Disconnect()))
            }
        } catch {
            return Delivery(end: .abandoned(error))
        }
    }

    private struct Progress {
        var bytes = 0
        /// Whether the connection would not take any more.
        var isRefused = false
    }

    /// Ends well when the stream ends or, for an endless one, when the server shuts down.
    private func run(_ stream: OutgoingResponse.Stream) async -> Delivery {
        let progress = NIOLockedValueBox(Progress())
        let writer = WebBodyWriter { [outbound] bytes in
            do {
                try await outbound.write(.body(.byteBuffer(bytes)))
                progress.withLockedValue { $0.bytes += bytes.readableBytes }
            } catch {
                progress.withLockedValue { $0.isRefused = true }
                throw error
            }
        }
        let produce: @Sendable () async throws -> Void = { try await stream.produce(writer) }
        var end = Delivery.End.whole
        do {
            try await WebRouter.aside { () async throws -> Void in
                guard stream.isEndless else { return try await produce() }
                try await cancelWhenGracefulShutdown(produce)
            }
            // What returns because it was cancelled has not sent all that it had.
            if !stream.isEndless { try Task.checkCancellation() }
        } catch {
            end = Self.end(of: stream, after: error, isRefused: progress.withLockedValue { $0.isRefused })
        }
        if case .whole = end {
            do { try await outbound.write(.end(nil)) } catch {
                end = Self.end(of: stream, after: error, isRefused: true)
            }
        }
        return Delivery(end: end, bytes: progress.withLockedValue { $0.bytes })
    }

    /// What an error has made of a stream. Only an endless one may be ended by a shutdown as if it were whole.
    private static func end(
        of stream: OutgoingResponse.Stream, after error: any Error, isRefused: Bool
    ) -> Delivery.End {
        guard !Task.isCancelled else { return stream.isEndless ? .abandoned(error) : .cutShort(error) }
        if stream.isEndless, error is CancellationError, Task.isShuttingDownGracefully { return .whole }
        return isRefused ? .abandoned(error) : .cutShort(error)
    }
}

/// A handler wants its connection cut.
struct Disconnect: Error {}
