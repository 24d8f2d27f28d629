public import CurlDriver

extension HTTPFetcher {
    /// Opens a stream's connection with the driver's WebSocket.
    public func openStream(_ url: String) async throws(StreamEnd) -> any StreamSocket {
        do throws(WebSocketError) {
            return DriverSocket(try await openWebSocket(WebSocketRequest(url: url)))
        } catch {
            throw StreamEnd(error)
        }
    }
}

/// The driver's WebSocket as a stream's connection uses it.
private struct DriverSocket: StreamSocket {
    private let connection: WebSocketConnection

    init(_ connection: WebSocketConnection) { self.connection = connection }

    func next() async throws(StreamEnd) -> StreamSocketEvent {
        do throws(WebSocketError) {
            switch try await connection.next() {
            case .message(let bytes): return .message(bytes)
            case .ping, .pong: return .control
            }
        } catch {
            throw StreamEnd(error)
        }
    }

    func send(_ text: String) async throws(StreamEnd) {
        do throws(WebSocketError) { try await connection.send(text) } catch { throw StreamEnd(error) }
    }

    func ping() async throws(StreamEnd) {
        do throws(WebSocketError) { try await connection.ping() } catch { throw StreamEnd(error) }
    }

    func close() async { await connection.close() }
}

extension StreamEnd {
    fileprivate init(_ error: WebSocketError) {
        let kind: Kind
        switch error.kind {
        case .refused(let status):
            let meaning = ExchangeError.Kind.meaning(ofStatus: status)
            let stated = error.retryAfter.flatMap { Double($0) }.flatMap {
                ExchangeError.Kind.statedPause(seconds: $0)
            }
            if let usual = meaning.pause {
                self.init(.blocked, "\(error)", pause: stated ?? usual)
                return
            }
            kind = .refused
        case .closed: kind = .closed
        case .connectionLost: kind = .lost
        case .timedOut: kind = .silent
        case .protocolViolation, .tooLarge: kind = .unreadable
        case .cancelled, .fetcherClosed: kind = .cancelled
        case .invalidRequest, .unreachable, .tls, .overloaded: kind = .unreachable
        }
        self.init(kind, "\(error)")
    }
}
