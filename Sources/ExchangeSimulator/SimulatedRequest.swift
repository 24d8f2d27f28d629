import FundingJSON

/// A request as an exchange sees it: the feed's prefix is gone from the path.
struct SimulatedRequest: Sendable {
    var method: String
    var path: String
    /// Decoded; of a repeated name the first value.
    var query: [String: String]
    /// As sent, for the journal; for a POST the beginning of its body.
    var rawQuery = ""
    /// The parsed body; nil if there is none or it is no JSON.
    var body: JSONDocument?
    /// The address that limits are counted for.
    var client: String

    init(_ method: String, _ path: String, query: [String: String] = [:], body: String? = nil, client: String = "test")
    {
        self.init(method, path, query: query, bytes: body.map { Array($0.utf8) } ?? [], client: client)
    }

    init(_ method: String, _ path: String, query: [String: String], bytes: [UInt8], client: String) {
        self.method = method
        self.path = path
        self.query = query
        self.client = client
        do {
            body = bytes.isEmpty ? nil : try JSONDocument(bytes)
        } catch {
            body = nil
        }
    }

    /// A whole number of the query, within sane bounds; nil if it was not sent or is none.
    func integer(_ name: String) -> Int? {
        query[name].flatMap { Int($0) }.map(\.sane)
    }
}

extension Int {
    /// The number, or the nearest that arithmetic with times cannot overflow: a client may send anything.
    var sane: Int { Swift.max(-1_000_000_000_000_000, Swift.min(self, 1_000_000_000_000_000)) }
}
