public import FundingCore

/// When each exchange's turn is: all in every period, a few seconds apart, or one after the other with delays of
/// minutes, for addresses that many programs share.
public enum CollectionSchedule: Sendable, Hashable {
    case parallel
    /// Seconds after the beginning of a round, by exchange.
    case sequential([ExchangeID: Int])

    /// The schedules that have names, as the requirements have them, extended to all exchanges.
    public static let presets: [String: CollectionSchedule] = [
        "parallel": .parallel,
        "default": .sequential([
            "binance": 0, "kucoin": 30, "bybit": 60, "deribit": 90, "hyperliquid": 120, "aster": 150, "lighter": 180,
            "backpack": 210, "drift": 240, "mexc": 270, "pacifica": 285, "hibachi": 300, "dydx": 315, "kraken": 330,
            "edgex": 345, "apex": 360,
        ]),
        "fast": .sequential([
            "binance": 0, "kucoin": 10, "bybit": 15, "backpack": 20, "mexc": 25, "hyperliquid": 30, "aster": 35,
            "drift": 40, "lighter": 45, "pacifica": 50, "kraken": 55, "deribit": 60, "hibachi": 65, "dydx": 70,
            "edgex": 75, "apex": 80,
        ]),
        "conservative": .sequential([
            "binance": 0, "kucoin": 60, "bybit": 120, "backpack": 180, "hyperliquid": 240, "aster": 270, "drift": 300,
            "lighter": 330, "pacifica": 360, "kraken": 390, "deribit": 420, "mexc": 480, "hibachi": 540, "dydx": 570,
            "edgex": 600, "apex": 630,
        ]),
        "priority": .sequential([
            "binance": 0, "mexc": 3, "kucoin": 5, "bybit": 8, "hyperliquid": 10, "aster": 12, "drift": 15,
            "lighter": 18, "pacifica": 20, "dydx": 25, "hibachi": 30, "backpack": 50, "kraken": 55, "deribit": 60,
            "edgex": 65, "apex": 70,
        ]),
    ]

    private static let delays = 0...3600

    /// Reads a preset's name, or delays of one's own: `binance=0,kucoin=30`.
    /// - Throws: `Rejection` that says what was expected.
    public init(_ text: String) throws(Rejection) {
        if let preset = Self.presets[text] {
            self = preset
            return
        }
        var delays: [ExchangeID: Int] = [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let seconds = Int(pair[1]), Self.delays.contains(seconds) else {
                let names = Self.presets.keys.sorted().joined(separator: ", ")
                throw Rejection(
                    "expected one of \(names), or delays such as binance=0,kucoin=30 (0 to 3600 s), found \(text)"
                )
            }
            let name = String(pair[0])
            guard Exchanges.all.contains(where: { $0.profile.exchange.rawValue == name }) else {
                throw Rejection("unknown exchange \(name)")
            }
            delays[ExchangeID(rawValue: name)] = seconds
        }
        guard !delays.isEmpty else { throw Rejection("no delays given") }
        self = .sequential(delays)
    }

    /// When each of these feeds is polled.
    /// - Parameter period: how often at most. A round that takes longer sets its own.
    /// - Throws: `Rejection` for a feed whose exchange has no delay.
    public func schedules(of profiles: [ExchangeProfile], every period: Duration) throws(Rejection)
        -> [FeedID: PollSchedule]
    {
        var schedules: [FeedID: PollSchedule] = [:]
        switch self {
        case .parallel:
            for (place, profile) in profiles.enumerated() {
                schedules[profile.feed] = .staggered(place, of: profiles.count, every: period, within: .seconds(5))
            }
        case .sequential(let delays):
            let round = Self.round(of: profiles.compactMap { delays[$0.exchange] }, period)
            for profile in profiles {
                guard let delay = delays[profile.exchange] else {
                    throw Rejection("no delay for \(profile.exchange)")
                }
                schedules[profile.feed] = PollSchedule(period: round, offset: .seconds(delay))
            }
        }
        return schedules
    }

    /// A round ends one usual distance after its last exchange.
    private static func round(of delays: [Int], _ period: Duration) -> Duration {
        let turns = Set(delays)
        guard let last = turns.max(), turns.count > 1 else { return period }
        return max(period, .seconds(last + last / (turns.count - 1)))
    }
}
