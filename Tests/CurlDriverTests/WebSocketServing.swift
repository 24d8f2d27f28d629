import Testing

@testable import CurlDriver

/// A client's frame as a server saw it.
struct ReceivedFrame: Sendable, Equatable {
    var opcode: UInt8
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }

    /// A close frame's code.
    var code: Int? { opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
}

extension ServerConnection {
    /// Reads a handshake and answers it; `behind` goes out in the same packet.
    @discardableResult
    func acceptWebSocket(_ behind: [UInt8] = []) -> ReceivedRequest? {
        guard let request = request() else { return nil }
        send(Array(Self.acceptance(of: request).utf8) + behind)
        return request
    }

    static func acceptance(of request: ReceivedRequest) -> String {
        let accept = WebSocketHandshake.accept(of: request.header("sec-websocket-key") ?? "")
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
    }

    /// Reads a whole frame, which must be masked; nil once the client has hung up.
    func frame() -> ReceivedFrame? {
        guard let head = exactly(2), head[1] & 0x80 != 0 else { return nil }
        var length = Int(head[1] & 0x7F)
        if length >= 126 {
            guard let long = exactly(length == 126 ? 2 : 8) else { return nil }
            length = long.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let key = exactly(4), let payload = exactly(length) else { return nil }
        return ReceivedFrame(opcode: head[0] & 0x0F, payload: payload.enumerated().map { $1 ^ key[$0 & 3] })
    }

    private func exactly(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let piece = read(count - bytes.count) else { return nil }
            bytes += piece
        }
        return bytes
    }
}

extension ScriptedServer {
    func socketURL(_ path: String = "/") -> String { "ws://127.0.0.1:\(port)\(path)" }
}

extension HTTPFetcher {
    /// Opens a URL's WebSocket with everything else by default.
    func open(_ url: String) async throws(WebSocketError) -> WebSocketConnection {
        try await openWebSocket(WebSocketRequest(url: url))
    }

    /// The error that opening is expected to end with.
    func failure(
        ofOpening request: WebSocketRequest, _ location: SourceLocation = #_sourceLocation
    ) async -> WebSocketError? {
        do {
            _ = try await openWebSocket(request)
            Issue.record("expected a failure, but it is open", sourceLocation: location)
            return nil
        } catch {
            return error
        }
    }
}

extension WebSocketConnection {
    /// The text of the next message, past pings and pongs.
    func text() async throws(WebSocketError) -> String {
        while true {
            if case .message(let bytes) = try await next() { return String(decoding: bytes, as: UTF8.self) }
        }
    }

    /// Why a text is not taken; nil if it is.
    func failure(ofSending text: String) async -> WebSocketError? {
        do {
            try await send(text)
            return nil
        } catch {
            return error
        }
    }

    /// Reads until the connection ends: how many messages came, and the end.
    func end() async -> (messages: Int, error: WebSocketError) {
        var messages = 0
        while true {
            do throws(WebSocketError) {
                if case .message = try await next() { messages += 1 }
            } catch {
                return (messages, error)
            }
        }
    }
}
