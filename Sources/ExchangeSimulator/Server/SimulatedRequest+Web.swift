import WebServer

extension SimulatedRequest {
    /// A request to the feed that the first part of its path names.
    init(_ request: WebRequest, feed: String, bytes: [UInt8] = []) {
        let query = Dictionary(request.query.items.map { ($0.name, $0.value) }) { first, _ in first }
        self.init(
            request.method, String(request.path.dropFirst(feed.count + 1)), query: query, bytes: bytes,
            client: request.remoteAddress
        )
        rawQuery = bytes.isEmpty ? request.rawQuery : String(decoding: bytes.prefix(200), as: UTF8.self)
    }
}
