import WebServer

/// Puts an answer onto the wire, whole or as a fault wants it.
struct WebDelivery {
    private let answer: SimulatedAnswer

    init(_ answer: SimulatedAnswer) {
        self.answer = answer
    }

    /// Thrown into a stream to cut its connection.
    private struct Cut: Error {}

    /// No client waits longer, and nothing is kept for ever.
    private static let longestHang = Duration.seconds(600)

    func response() async throws -> WebResponse {
        let bytes = answer.body
        var response = WebResponse(
            status: answer.status, headers: [("Content-Type", answer.contentType)] + answer.headers, body: .bytes(bytes)
        )
        switch answer.delivery {
        case .whole: break
        case .dripping:
            response.setHeader("Content-Length", "\(bytes.count)")
            response.body = .stream { writer in
                for byte in bytes {
                    try await writer.write([byte])
                    try await Task.sleep(for: .seconds(1))
                }
            }
        case .cut(let length):
            response.setHeader("Content-Length", "\(bytes.count)")
            response.body = .stream { writer in
                try await writer.write(Array(bytes.prefix(length)))
                throw Cut()
            }
        case .dropped: response.body = .disconnect
        case .hanging:
            try await Task.sleep(for: Self.longestHang)
            response.body = .disconnect
        }
        return response
    }
}
