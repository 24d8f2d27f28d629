import Glibc

/// The server's side of one connection, for a script to read from and write to.
struct ServerConnection: Sendable {
    let socket: Int32

    /// Reads one request; nil once the client has hung up.
    func request() -> ReceivedRequest? {
        var bytes: [UInt8] = []
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        while !bytes.ends(with: end) {
            guard let byte = read(1) else { return nil }
            bytes += byte
        }
        var request = ReceivedRequest(head: String(decoding: bytes, as: UTF8.self))
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        while request.body.count < length {
            guard let piece = read(length - request.body.count) else { return nil }
            request.body += piece
        }
        return request
    }

    /// Answers every request until the client hangs up.
    func answerAll(_ answer: (ReceivedRequest) -> [UInt8]) {
        while let request = request() {
            guard send(answer(request)) else { return }
        }
    }

    /// Sends all the bytes; false if the client has hung up.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, 0x4000) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// Waits until the client closes the connection.
    func waitForHangUp() {
        while read(4096) != nil {}
    }

    /// Makes the close to come a reset instead of an orderly end.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Reads some bytes, as many as were asked for at most; nil once the client has hung up.
    func read(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = recv(socket, &buffer, count, 0)
        return received > 0 ? Array(buffer[..<received]) : nil
    }
}

/// A request as a server saw it.
struct ReceivedRequest: Sendable {
    var head: String
    var body: [UInt8] = []

    var line: String {
        head.split(separator: "\r\n").first.map { String($0) } ?? ""
    }

    func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            if line[..<colon].lowercased() == name {
                return String(line[line.index(after: colon)...].drop { $0 == " " })
            }
        }
        return nil
    }
}

/// A whole answer in the usual framing.
func answer(_ body: [UInt8], status: String = "200 OK", headers: [String] = []) -> [UInt8] {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
}

func answer(_ body: String, status: String = "200 OK", headers: [String] = []) -> [UInt8] {
    answer(Array(body.utf8), status: status, headers: headers)
}

extension Array where Element: Equatable {
    func ends(with suffix: [Element]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
