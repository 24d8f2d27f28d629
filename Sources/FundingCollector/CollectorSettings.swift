import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import PostgresDriver
import RedisDriver

/// What the collector was told to do, checked.
struct CollectorSettings: Sendable {
    var adapters: [any ExchangeAdapter]
    var pollInterval: Duration
    /// Addresses that stand in for the exchanges' own.
    var bases: [FeedID: String]
    var postgres: PostgresConfiguration?
    var redis: RedisConfiguration?

    private static let pollIntervals = 1...3600

    /// - Parameter needsStores: whether connections to Postgres and Redis must be given.
    init(exchanges: String?, pollInterval: Int, needsStores: Bool, _ environment: inout Environment) {
        adapters = Self.adapters(named: exchanges, &environment)
        bases = [:]
        for feed in Exchanges.all.map(\.profile.feed) {
            bases[feed] = environment.address("FUNDING_\(feed.environmentName)_URL")
        }
        if !Self.pollIntervals.contains(pollInterval) {
            environment.report("--poll-interval", "expected seconds from 1 to 3600, found \(pollInterval)")
        }
        self.pollInterval = .seconds(pollInterval)
        guard needsStores else { return }
        postgres = environment.value("DATABASE_URL") {
            try PostgresConfiguration(url: $0, applicationName: "funding-collector")
        }
        redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
    }

    private static func adapters(named names: String?, _ environment: inout Environment) -> [any ExchangeAdapter] {
        guard let names else { return Exchanges.all }
        var chosen: [any ExchangeAdapter] = []
        for name in names.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            let feeds = Exchanges.feeds(named: name)
            if feeds.isEmpty {
                let known = Exchanges.all.map(\.profile.feed.rawValue).joined(separator: ", ")
                environment.report("--exchanges", "unknown exchange \(name); known feeds: \(known)")
            }
            chosen += feeds.filter { feed in !chosen.contains { $0.profile.feed == feed.profile.feed } }
        }
        return chosen
    }
}
