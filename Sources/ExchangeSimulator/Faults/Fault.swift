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
        /// The rows of every list back to front, each twice.
        case shuffle
        /// The exchange's clock differs by `seconds`; on a history's path, −600 makes its settlements ten minutes late.
        case skew
        /// A socket is closed with `code`.
        case close
        /// A socket stays, but nothing is sent on it and nothing heard, as if the network had lost one end.
        case silent
        /// A socket has its answers and heartbeats, but no data.
        case pongsOnly = "pongs_only"
        /// Topics that begin with `topic` are not pushed.
        case channelSilent = "channel_silent"
        /// A frame of 100 MB is announced and begun; nothing else follows on that socket.
        case hugeFrame = "huge_frame"
        /// The usual messages are repeated, `factor` of them a second.
        case flood
        /// A socket is not opened: status 403 or the one given.
        case refuse

        /// Concerns sockets only.
        var isOfStreams: Bool {
            switch self {
            case .close, .silent, .pongsOnly, .channelSilent, .hugeFrame, .flood, .refuse: true
            default: false
            }
        }

        /// Concerns requests or, with `"stream": true`, sockets. Garbage on a socket is text that is no JSON and binary
        /// frames in turn, one with each push, or `body`.
        var isOfBoth: Bool {
            switch self {
            case .garbage, .scale, .nan, .half, .skew: true
            default: false
            }
        }

        /// Strikes a socket once each time instead of staying with it.
        var isMomentary: Bool { self == .close || self == .garbage || self == .refuse }
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
    /// How many requests it still spoils, or sockets, or with garbage messages; nil: all until `reset`.
    var remaining: Int?
    /// The part of the requests that it spoils, evenly spread; nil: all.
    var share: Double?
    /// How many requests it might have spoilt.
    var occasions = 0
    /// Concerns sockets and no requests.
    var isStream = false
    /// The beginning of the topics concerned.
    var topic: String?
    /// The code a socket is closed with.
    var code: Int?
    /// When it ends, in milliseconds since 1970 by the machine's clock; nil: with `reset`.
    var until: Int?
    /// The sockets it stays with.
    var struck: Set<Int> = []
    /// How often it has struck.
    var strikes = 0
}

extension Fault {
    /// Why a fault was not understood.
    struct Misread: Error {
        var message: String
    }

    /// Reads the control's JSON.
    ///
    /// | member | of |
    /// |---|---|
    /// | `kind` | all |
    /// | `feed`, `path` | all; which requests or sockets it concerns, `path` by its beginning; without them all |
    /// | `count` | all; how many requests or sockets it strikes, of garbage on sockets: messages |
    /// | `share` | requests; the part of them that it strikes, 0.5 for every second one |
    /// | `seconds` | all, how long it lasts; but of `skew` what the clock is off by |
    /// | `status`, `retry_after`, `body` | answers that are not the exchange's own; `refuse` |
    /// | `body` | `close`: its reason; `garbage` on sockets: its text |
    /// | `factor` | `scale`; `flood`: messages a second |
    /// | `stream` | `garbage`, `scale`, `nan`, `half`, `skew`: true if they concern sockets instead of requests |
    /// | `topic` | `channel_silent` |
    /// | `code` | `close`; without it 1000 |
    init(_ json: JSONView, id: Int, feeds: [String], at wall: Int) throws(Misread) {
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
        try Self.checkStream(json, kind)
        if let count = json["count"], !count.isNull, count.int.map({ $0 < 1 }) ?? true {
            throw Misread(message: "count must be a whole number above 0")
        }
        if let share = json["share"], !share.isNull, !(share.double.map { (0...1).contains($0) } ?? false) {
            throw Misread(message: "share must be a number from 0 to 1")
        }
        let seconds = json["seconds"]?.int.map { max(-86_400 * 365, min($0, 86_400 * 365)) }
        self.init(
            id: id, feed: feed, path: json["path"]?.string, kind: kind, status: json["status"]?.int,
            retryAfter: json["retry_after"]?.int, body: json["body"]?.string, factor: json["factor"]?.double,
            seconds: seconds, remaining: json["count"]?.int, share: json["share"]?.double,
            isStream: kind.isOfStreams || json["stream"]?.bool == true, topic: json["topic"]?.string,
            code: json["code"]?.int, until: kind == .skew ? nil : seconds.map { wall + $0 * 1000 }
        )
    }

    private static func checkStream(_ json: JSONView, _ kind: Kind) throws(Misread) {
        if json["stream"]?.bool == true, !kind.isOfStreams, !kind.isOfBoth {
            throw Misread(message: "\(kind.rawValue) is no fault of streams")
        }
        switch kind {
        case .channelSilent where json["topic"]?.string == nil:
            throw Misread(message: "a channel_silent fault needs a topic")
        case .flood where !(json["factor"]?.double.map { (1...100_000).contains($0) } ?? false):
            throw Misread(message: "a flood fault needs a factor between 1 and 100000, its messages per second")
        case .close where !(json["code"]?.int.map { (1000...4999).contains($0) } ?? true):
            throw Misread(message: "a close fault's code lies between 1000 and 4999")
        case .refuse where !(json["status"]?.int.map { (400...599).contains($0) } ?? true):
            throw Misread(message: "a refuse fault's status lies between 400 and 599")
        default: break
        }
    }
}
