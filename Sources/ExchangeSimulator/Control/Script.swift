import FundingJSON

/// What a test wants to happen to a contract or to a whole exchange.
struct Script: Sendable, Equatable {
    enum Change: Sendable, Equatable {
        /// Funding is paid every so many hours from now on.
        case interval(hours: Int)
        case delist
        case relist
        /// One unit of the contract's base becomes so many of the asset; its name changes as well, its symbol does not.
        case multiplier(Double, base: String?)
        /// This share of the contracts shows the rate 0 for so long; their open interest stays.
        case zeroStorm(share: Double, seconds: Int?)
        /// The exchange's clock is off by this, and its settlements with it.
        case clockSkew(seconds: Int)
        /// Nobody is let in for so long.
        case ban(seconds: Int)
    }

    var feed: String
    /// Nil where the whole exchange changes.
    var symbol: String?
    var change: Change
    /// The market's time in milliseconds since 1970; nil: now.
    var at: Int?

    /// Reads one of
    ///
    /// - `{"feed", "symbol", "interval_hours": 4}`
    /// - `{"feed", "delist": symbol}` or `{"feed", "relist": symbol}`
    /// - `{"feed", "symbol", "multiplier": 10000, "base": "10000PEPE"}`; without `base` the number before the asset's name
    /// - `{"feed", "zero_storm": 0.27, "seconds": 60}`; without `seconds` until `reset`; 0 ends a storm
    /// - `{"feed", "clock_skew_seconds": 300}`; 0 sets it right
    /// - `{"feed", "ban_seconds": 720}`; 0 lifts a ban
    ///
    /// each with an optional `"at"` in milliseconds. Seconds pass by the machine's clock, as a client waits by it.
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
        } else if let symbol = json["symbol"]?.string {
            self.symbol = symbol
            change = try Self.change(ofContract: json)
        } else {
            change = try Self.change(ofFeed: json)
        }
    }

    /// Reads one script, or a list of them.
    static func list(_ json: JSONView, feeds: [String]) throws(Fault.Misread) -> [Script] {
        guard json.kind == .array else { return [try Script(json, feeds: feeds)] }
        var scripts: [Script] = []
        for element in json.elements { scripts.append(try Script(element, feeds: feeds)) }
        guard !scripts.isEmpty else { throw Fault.Misread(message: "the list of scripts is empty") }
        return scripts
    }

    private static func change(ofContract json: JSONView) throws(Fault.Misread) -> Change {
        if let hours = json["interval_hours"]?.int, (1...24).contains(hours) { return .interval(hours: hours) }
        if let units = json["multiplier"]?.double, units > 0, units <= 1e12 {
            return .multiplier(units, base: json["base"]?.string)
        }
        throw Fault.Misread(message: "a contract's script needs interval_hours (1…24) or multiplier (above 0)")
    }

    private static func change(ofFeed json: JSONView) throws(Fault.Misread) -> Change {
        let longest = 86_400 * 365
        if let share = json["zero_storm"]?.double, (0...1).contains(share) {
            let seconds = json["seconds"]?.int
            guard seconds.map({ (1...longest).contains($0) }) ?? true else {
                throw Fault.Misread(message: "seconds must be a whole number above 0")
            }
            return .zeroStorm(share: share, seconds: seconds)
        }
        if let seconds = json["clock_skew_seconds"]?.int, (-longest...longest).contains(seconds) {
            return .clockSkew(seconds: seconds)
        }
        if let seconds = json["ban_seconds"]?.int, (0...longest).contains(seconds) { return .ban(seconds: seconds) }
        throw Fault.Misread(
            message: "a script needs symbol with interval_hours or multiplier, or delist, relist, zero_storm (0…1), "
                + "clock_skew_seconds or ban_seconds"
        )
    }
}
