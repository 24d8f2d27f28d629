import CLibcurl

/// Frames on their way to the socket, in order. A frame stays in one place until all of it is sent, since OpenSSL
/// wants a write that was blocked repeated with the same memory.
///
/// It belongs to the engine's thread.
struct WebSocketOutbox {
    enum Progress {
        /// Something was sent; with it frames were completed whose counted bytes are given.
        case bytes(counted: Int)
        case blocked
        /// There is nothing to send.
        case ended
        case failed(CURLcode)
    }

    private var frames: [(bytes: [UInt8], isCounted: Bool)] = []
    /// Which frame is next; those before it are gone already.
    private var first = 0
    /// How much of it is sent.
    private var sent = 0

    /// The payload to answer the latest ping with. Only the latest: a server that pings without reading the answers
    /// must not fill the memory (RFC 6455 section 5.5.3).
    var pong: [UInt8]?

    var isEmpty: Bool { first == frames.count && pong == nil }

    /// Puts a frame in line; a counted one is reported when it is sent.
    mutating func append(_ frame: [UInt8], isCounted: Bool = false) {
        frames.append((frame, isCounted))
    }

    /// Sends what the socket takes of the first frame.
    mutating func send(on handle: EasyHandle) -> Progress {
        if first == frames.count, let payload = pong {
            append(WebSocketFrame.pong.encoded(payload))
            pong = nil
        }
        guard first < frames.count else { return .ended }
        let (bytes, isCounted) = frames[first]
        let result = bytes.withUnsafeBytes { handle.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
        switch result {
        case .bytes(let count):
            sent += count
            guard sent == bytes.count else { return .bytes(counted: 0) }
            removeFirst()
            return .bytes(counted: isCounted ? bytes.count : 0)
        case .blocked, .ended:
            return .blocked
        case .failed(let code):
            return .failed(code)
        }
    }

    private mutating func removeFirst() {
        sent = 0
        frames[first].bytes = []
        first += 1
        // Moving up at every frame would take a burst of small ones a long time.
        if first == frames.count || first >= 1024 {
            frames.removeFirst(first)
            first = 0
        }
    }
}
