import FundingJSON

/// What a test wants to go wrong, where, and how often.
struct Fault: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// An HTTP status of the test's choice, with its own body.
        case status
        /// A page instead of data, with status 200 or the one given.
        case html
        /// No bytes.
        case empty
        /// `{}`
        case object
        /// Random bytes.
        case garbage
        /// A valid start; the connection is cut in the middle of the announced length.
        case truncated
        /// One byte a second.
        case slow
        /// A body above 40 MB.
        case huge
        /// A body that is small on the wire and above 64 MB when decoded.
        case gzipBomb = "gzip_bomb"
        /// The connection is cut without an answer.
        case drop
        /// Never an answer.
        case hang
        /// The exchange's own way of refusing with status 200.
        case errorObject = "error_object"
        /// Rates times `factor`.
        case scale
        /// Rates that are no number.
        case nan
        /// Half of the contracts missing.
        case half
        /// The exchange's clock differs by `seconds`; on a history's path, −600 makes its settlements ten minutes late.
        case skew
    }

    var id: Int
    /// Nil: every feed.
    var feed: String?
    /// A prefix of the path within the feed; nil: any.
    var path: String?
    var kind: Kind
    var status: Int?
    var retryAfter: Int?
    var body: String?
    var factor: Double?
    var seconds: Int?
    /// How many requests it still spoils; nil: all until `reset`.
    var remaining: Int?
}

extension Fault {
    /// Why a fault was not understood.
    struct Misread: Error {
        var message: String
    }

    /// Reads the control's JSON.
    init(_ json: JSONView, id: Int, feeds: [String]) throws(Misread) {
        guard let name = json["kind"]?.string, let kind = Kind(rawValue: name) else {
            throw Misread(message: "kind must be one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let feed = json["feed"]?.string
        if let feed, !feeds.contains(feed) { throw Misread(message: "there is no feed \(feed)") }
        if kind == .status, !(json["status"]?.int.map { (100...599).contains($0) } ?? false) {
            throw Misread(message: "a status fault needs a status between 100 and 599")
        }
        if kind == .scale, json["factor"]?.double == nil { throw Misread(message: "a scale fault needs a factor") }
        if kind == .skew, json["seconds"]?.int == nil { throw Misread(message: "a skew fault needs seconds") }
        if let count = json["count"], !count.isNull, count.int.map({ $0 < 1 }) ?? true {
            throw Misread(message: "count must be a whole number above 0")
        }
        self.init(
            id: id, feed: feed, path: json["path"]?.string, kind: kind, status: json["status"]?.int,
            retryAfter: json["retry_after"]?.int, body: json["body"]?.string, factor: json["factor"]?.double,
            seconds: json["seconds"]?.int.map { max(-86_400 * 365, min($0, 86_400 * 365)) },
            remaining: json["count"]?.int
        )
    }
}
