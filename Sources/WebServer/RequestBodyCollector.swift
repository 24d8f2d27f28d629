import NIOCore
import NIOHTTP1

/// Reads a request's body before its handler runs, up to the server's limit.
struct RequestBodyCollector {
    let limit: Int

    /// The body; what exceeds the limit stays unread. Nil if the client went away inside its request.
    func collect(
        _ head: HTTPRequestHead, _ parts: inout HTTPConnection.Inbound.AsyncIterator,
        _ outbound: HTTPConnection.Outbound
    ) async throws -> WebRequest.Payload? {
        let declared = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        guard declared <= limit else { return .longerThan(limit) }
        if expectsContinue(head) {
            try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        }
        var body = ByteBuffer()
        while let part = try await parts.next() {
            switch part {
            case .head: return nil
            case .body(var piece):
                guard body.readableBytes + piece.readableBytes <= limit else { return .longerThan(limit) }
                if body.readableBytes == 0 { body = piece } else { body.writeBuffer(&piece) }
            case .end: return .complete(body)
            }
        }
        return nil
    }

    private func expectsContinue(_ head: HTTPRequestHead) -> Bool {
        head.version != .http1_0 && head.headers["Expect"].contains { $0.lowercased() == "100-continue" }
    }
}
