import FundingJSON

/// What goes back over the wire, and how.
struct SimulatedAnswer: Sendable {
    /// How the bytes travel: faults spoil it.
    enum Delivery: Sendable, Equatable {
        case whole
        /// One byte a second.
        case dripping
        /// Announces the whole length, sends this much of it, cuts the connection.
        case cut(after: Int)
        /// Cuts the connection without an answer.
        case dropped
        /// Never answers.
        case hanging
    }

    var status = 200
    var headers: [(String, String)] = []
    var contentType = "application/json"
    var body: [UInt8] = []
    var delivery = Delivery.whole
    /// What the request cost beyond what was known beforehand, by limit.
    var extraCost: [String: Double] = [:]

    init(status: Int = 200, headers: [(String, String)] = [], json: String) {
        self.status = status
        self.headers = headers
        body = Array(json.utf8)
    }

    init(status: Int = 200, headers: [(String, String)] = [], contentType: String = "application/json", body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.contentType = contentType
        self.body = body
    }

    /// An answer that a closure writes.
    static func written(
        status: Int = 200, reservingCapacity capacity: Int = 1024, _ write: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        var writer = JSONWriter(reservingCapacity: capacity)
        write(&writer)
        return SimulatedAnswer(status: status, body: writer.bytes)
    }
}
