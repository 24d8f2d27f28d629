/// One open WebSocket, as a stream's connection uses it: `WebSocketConnection`, or a test's stand-in.
public protocol StreamSocket: Sendable {
    /// The next message or frame; throws when the connection is over.
    func next() async throws(StreamEnd) -> StreamSocketEvent
    func send(_ text: String) async throws(StreamEnd)
    /// Sends a ping frame.
    func ping() async throws(StreamEnd)
    func close() async
}

public enum StreamSocketEvent: Sendable {
    /// A whole text or binary message.
    case message([UInt8])
    /// A ping, which has been answered, or a pong.
    case control
}

/// Why a connection of a stream is over, or was never there.
public struct StreamEnd: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// No connection could be made.
        case unreachable
        /// The exchange did not let us in.
        case refused
        /// It wants to be left alone: 429, 403, 451.
        case blocked
        /// The exchange ended it.
        case closed
        /// The connection broke.
        case lost
        /// No data for too long.
        case silent
        /// What came is not what the exchange documents.
        case unreadable
        /// We ended it, to put a new one in its place.
        case renewed
        case cancelled
    }

    public var kind: Kind
    public var detail: String
    /// How long the exchange wants to be left alone, if it said so.
    public var pause: Duration?

    public init(_ kind: Kind, _ detail: String, pause: Duration? = nil) {
        self.kind = kind
        self.detail = detail
        self.pause = pause
    }

    public var description: String { "\(kind.rawValue): \(detail)" }
}
