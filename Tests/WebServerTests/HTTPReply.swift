/// An answer as the test's client read it.
struct HTTPReply: Sendable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(_ name: String) -> String? { headers[name.lowercased()] }
}

extension TestSocket {
    /// Sends one request and reads its answer.
    func request(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
    ) throws -> HTTPReply {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n"
        for header in headers { head += header + "\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        try send(Array((head + "\r\n").utf8) + (body ?? []))
        return try readReply(toHead: method == "HEAD")
    }

    /// Reads one answer; informational ones are returned like any other.
    func readReply(toHead: Bool = false) throws -> HTTPReply {
        let statusLine = try readLine().split(separator: " ")
        guard statusLine.count >= 2, statusLine[0].hasPrefix("HTTP/1."), let status = Int(statusLine[1]) else {
            throw Failure(reason: "not a status line: \(statusLine)")
        }
        var headers: [String: String] = [:]
        while case let line = try readLine(), !line.isEmpty {
            let colon = line.firstIndex(of: ":")!
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[name] = headers[name].map { "\($0), \(value)" } ?? String(value)
        }
        let isBodiless = toHead || status == 204 || status == 304 || status < 200
        var body: [UInt8] = []
        if !isBodiless {
            if headers["transfer-encoding"] == "chunked" {
                while case let size = Int(try readLine(), radix: 16)!, size > 0 {
                    body += try read(size)
                    _ = try readLine()
                }
                _ = try readLine()
            } else if let length = headers["content-length"].flatMap({ Int($0) }) {
                body = try read(length)
            } else {
                body = try readToEnd()
            }
        }
        return HTTPReply(status: status, headers: headers, body: body)
    }
}
