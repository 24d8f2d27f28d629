/// How much one client may ask in how long, and what befalls the one who asks for more.
struct RequestLimit: Sendable {
    enum Refill: Sendable {
        /// All at once, at the start of each window of so many seconds.
        case window(seconds: Int)
        /// Steadily.
        case steady(perSecond: Double)
    }

    var name: String
    var capacity: Double
    var refill: Refill
    /// How long a client stays shut out after going over, in seconds; nil: until there is room again.
    var shutOut: Int?
    /// How long a client is banned that goes on asking while it is shut out, in seconds, doubling each time; nil: it is
    /// only refused.
    var ban: Int?
    /// How many requests a client that is shut out may still send before it is banned.
    static let patience = 5
}

/// Why a request is not answered.
struct LimitRefusal: Sendable, Equatable {
    var limit: String
    /// Seconds until it makes sense to ask again, at least 1.
    var retryAfter: Int
    /// The client was told and went on.
    var isBan: Bool
}
