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
    var schedules: [FeedID: PollSchedule]
    /// Addresses that stand in for the exchanges' own.
    var bases: [FeedID: String]
    private var wantsStreams: Bool
    /// Addresses that stand in for those of the exchanges' streams.
    var streamBases: [FeedID: String]
    var budgetUse = BudgetUse()
    var postgres: PostgresConfiguration?
    var redis: RedisConfiguration?

    private static let pollIntervals = 1...3600

    /// - Parameter stored: what holds where the command line says nothing.
    init(_ command: Main, over stored: SuiteSettings, _ environment: inout Environment) {
        wantsStreams = (command.streams ?? stored.dataFetching.streams) && !command.once
        adapters = Self.adapters(named: command.exchanges, switched: stored.exchanges.enabled, &environment)
        bases = [:]
        streamBases = [:]
        schedules = [:]
        for feed in Exchanges.all.map(\.profile.feed) {
            bases[feed] = environment.address("FUNDING_\(feed.environmentName)_URL")
            streamBases[feed] = environment.address(
                "FUNDING_\(feed.environmentName)_WS_URL", schemes: ["ws", "wss"]
            )
        }
        budgetUse = BudgetUse(
            &environment, isSimulated: adapters.allSatisfy { [bases] in bases[$0.profile.feed] != nil })
        let seconds = command.pollInterval ?? stored.dataFetching.pollInterval
        if !Self.pollIntervals.contains(seconds) {
            environment.report("--poll-interval", "expected seconds from 1 to 3600, found \(seconds)")
        }
        pollInterval = .seconds(max(1, seconds))
        do {
            schedules = try CollectionSchedule(command.schedule ?? stored.exchanges.schedule).schedules(
                of: adapters.map(\.profile), every: pollInterval
            )
        } catch {
            environment.report(command.schedule == nil ? "settings: exchanges.schedule" : "--schedule", error.reason)
        }
        guard !command.dryRun else { return }
        postgres = environment.value("DATABASE_URL") {
            try PostgresConfiguration(url: $0, applicationName: "funding-collector")
        }
        redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
    }

    /// Whether what the exchange pushes is listened to. A stand-in for its polls without one for its stream has none: the
    /// two would tell of different markets.
    func streams(_ feed: FeedID) -> Bool { wantsStreams && (bases[feed] == nil || streamBases[feed] != nil) }

    private static func adapters(
        named names: String?, switched: [String: Bool], _ environment: inout Environment
    ) -> [any ExchangeAdapter] {
        do {
            return try Exchanges.selection(names, switched: switched)
        } catch {
            environment.report(names == nil ? "settings: exchanges.enabled" : "--exchanges", error.description)
            return []
        }
    }
}
