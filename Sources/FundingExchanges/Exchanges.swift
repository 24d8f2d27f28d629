import Foundation
import FundingCore

/// The registry: one line a feed. Its order is the order of polls within a cycle.
public enum Exchanges {
    public static let all: [any ExchangeAdapter] = [
        BinanceDialect.usdm,
        BinanceDialect.coinm,
        KuCoin(),
        Bybit(),
        MEXC(),
        Backpack(),
        Deribit(),
        Hyperliquid(),
        Drift(),
        Aster(),
        Lighter(),
        Pacifica(),
        Hibachi(),
        DYdX(),
        Kraken(),
        EdgeX(),
        ApeX(),
    ]

    /// The feeds of a name: a feed's own (`binance-usdm`) or an exchange's, which may have several (`binance`).
    public static func feeds(named name: String) -> [any ExchangeAdapter] {
        let name = name.lowercased()
        return all.filter { $0.profile.feed.rawValue == name || $0.profile.exchange.rawValue == name }
    }

    /// A list of names that holds one nobody has.
    public struct UnknownName: Error, CustomStringConvertible {
        public var names: [String]

        public var description: String {
            let known = Exchanges.all.map(\.profile.feed.rawValue).joined(separator: ", ")
            return names.map { "unknown exchange \($0)" }.joined(separator: ", ") + "; known feeds: \(known)"
        }
    }

    /// The feeds of names separated by commas, each once; those that are on if nothing is named.
    /// - Parameter switched: exchanges or feeds that are on, or off, other than by default.
    public static func selection(
        _ names: String?, switched: [String: Bool] = [:]
    ) throws(UnknownName) -> [any ExchangeAdapter] {
        guard let names else {
            let unknown = switched.keys.filter { feeds(named: $0).isEmpty }.sorted()
            guard unknown.isEmpty else { throw UnknownName(names: unknown) }
            return all.filter { adapter in
                let profile = adapter.profile
                return switched[profile.feed.rawValue] ?? switched[profile.exchange.rawValue] ?? profile.isOnByDefault
            }
        }
        var chosen: [any ExchangeAdapter] = []
        var unknown: [String] = []
        for name in names.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            let feeds = feeds(named: name)
            if feeds.isEmpty { unknown.append(name) }
            chosen += feeds.filter { feed in !chosen.contains { $0.profile.feed == feed.profile.feed } }
        }
        guard unknown.isEmpty else { throw UnknownName(names: unknown) }
        return chosen
    }
}
