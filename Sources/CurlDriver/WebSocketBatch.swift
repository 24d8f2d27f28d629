/// What some bytes of an open WebSocket amount to.
struct WebSocketBatch {
    /// For the reader.
    var arrived: [WebSocketConnection.Event] = []

    /// The payload of the last ping, to be sent back.
    var pong: [UInt8]?

    /// What the server's close frame says, if it came.
    var ending: (code: Int?, reason: String)?

    /// What the server may not do, if it did.
    var violation: WebSocketViolation?

    /// Reads on; the decoder keeps what is unfinished.
    init(_ bytes: UnsafeBufferPointer<UInt8>, with decoder: inout WebSocketDecoder) {
        var events: [WebSocketDecoder.Event] = []
        do {
            try decoder.decode(bytes, into: &events)
        } catch {
            violation = error
        }
        arrived.reserveCapacity(events.count)
        for event in events {
            switch event {
            case .text(let message), .binary(let message):
                arrived.append(.message(message))
            case .pong:
                arrived.append(.pong)
            case .ping(let payload):
                pong = payload
                arrived.append(.ping)
            case .close(let code, let reason):
                ending = (code, reason)
            }
        }
    }
}
