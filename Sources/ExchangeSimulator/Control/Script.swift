import FundingJSON

/// What a test wants to happen to a contract.
struct Script: Sendable, Equatable {
    enum Change: Sendable, Equatable {
        /// Funding is paid every so many hours from now on.
        case interval(hours: Int)
        case delist
        case relist
    }

    var feed: String
    var symbol: String
    var change: Change
    /// Milliseconds since 1970; nil: now.
    var at: Int?

    /// Reads `{"feed", "symbol", "interval_hours": 4}` or `{"feed", "delist": symbol}` or `{"feed", "relist": symbol}`,
    /// each with an optional `"at"` in milliseconds.
    init(_ json: JSONView, feeds: [String]) throws(Fault.Misread) {
        guard let feed = json["feed"]?.string, feeds.contains(feed) else {
            throw Fault.Misread(message: "feed must be one of \(feeds.joined(separator: ", "))")
        }
        self.feed = feed
        at = json["at"]?.int?.sane
        if let symbol = json["delist"]?.string {
            (self.symbol, change) = (symbol, .delist)
        } else if let symbol = json["relist"]?.string {
            (self.symbol, change) = (symbol, .relist)
        } else if let symbol = json["symbol"]?.string, let hours = json["interval_hours"]?.int, (1...24).contains(hours)
        {
            (self.symbol, change) = (symbol, .interval(hours: hours))
        } else {
            throw Fault.Misread(message: "a script needs symbol and interval_hours (1…24), or delist, or relist")
        }
    }
}
