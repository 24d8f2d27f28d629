import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import PostgresDriver
import RedisDriver

/// What the backfiller was told to do, checked.
struct BackfillerSettings: Sendable {
    var adapters: [any ExchangeAdapter]
    /// Addresses that stand in for the exchanges' own.
    var bases: [FeedID: String]
    /// Nil for all contracts.
    var contracts: [NamedContract]?
    var window: BackfillWindow
    var gapsOnly: Bool
    /// What is stored is asked for too.
    var rereads: Bool
    /// No history is dropped, however old.
    var keepsEverything: Bool
    var budgetUse: BudgetUse
    var postgres: PostgresConfiguration?
    var redis: RedisConfiguration?

    /// - Parameter stored: what holds where the command line says nothing.
    init(_ command: Main, over stored: SuiteSettings, _ environment: inout Environment) {
        do {
            adapters = try Exchanges.selection(command.exchanges, switched: stored.exchanges.enabled)
        } catch {
            adapters = []
            environment.report(
                command.exchanges == nil ? "settings: exchanges.enabled" : "--exchanges", error.description)
        }
        bases = [:]
        for feed in Exchanges.all.map(\.profile.feed) {
            bases[feed] = environment.address("FUNDING_\(feed.environmentName)_URL")
        }
        budgetUse = BudgetUse(
            &environment, isSimulated: adapters.allSatisfy { [bases] in bases[$0.profile.feed] != nil })
        contracts = command.symbols.map { names in
            names.split(separator: ",").compactMap { name in
                let name = name.trimmingCharacters(in: .whitespaces)
                if let contract = NamedContract(name) { return contract }
                environment.report("--symbols", "expected SYMBOL, SYMBOL=BASE or SYMBOL=BASE@ID/HOURS, found \(name)")
                return nil
            }
        }
        window = BackfillWindow(
            days: command.days ?? stored.historical.windowDays, from: command.from, to: command.to, &environment)
        gapsOnly = command.gapsOnly
        rereads = command.again
        keepsEverything = command.keepEverything
        guard !command.dryRun else { return }
        if contracts?.contains(where: { $0.baseAsset != nil }) == true {
            environment.report("--symbols", "contracts are described in dry runs only; stored ones are known")
        }
        postgres = environment.value("DATABASE_URL") {
            try PostgresConfiguration(url: $0, applicationName: "funding-backfiller")
        }
        redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
    }

    var symbols: [String]? { contracts?.map(\.symbol) }
}

/// A contract as the command line names it: `BTCUSDT`, or described: `BTCUSDT=BTC`, `BTCUSDT=BTC/8` with its interval in
/// hours, `BTCUSDC=BTC@30000001/4` with the name its exchange addresses it by.
struct NamedContract: Hashable, Sendable {
    var symbol: String
    var baseAsset: String?
    var nativeID: String?
    /// Without it a settlement that stands alone cannot be read.
    var interval: FundingInterval?

    /// Nil for an interval that is none.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        symbol = parts.first ?? text
        guard parts.count == 2 else { return }
        let timed = parts[1].split(separator: "/", maxSplits: 1).map(String.init)
        if timed.count == 2 {
            guard let hours = Double(timed[1]), let interval = FundingInterval(hours: hours) else { return nil }
            self.interval = interval
        }
        let described = timed[0].split(separator: "@", maxSplits: 1).map(String.init)
        baseAsset = described.first
        nativeID = described.count == 2 ? described[1] : nil
    }

    /// The contract, if it was described. Its quote is not known, and history does not ask for it.
    func contract(of profile: ExchangeProfile) -> Contract? {
        guard let baseAsset else { return nil }
        return Contract(
            exchange: profile.exchange, feed: profile.feed, symbol: symbol, baseAsset: baseAsset, quoteAsset: "",
            settleAsset: "", nativeID: nativeID
        )
    }
}

/// Which stretch of time is to be filled.
enum BackfillWindow: Hashable, Sendable {
    case days(Int)
    /// Up to now if there is no end.
    case times(from: Date, to: Date?)

    private static let possibleDays = 1...3650

    init(days: Int, from: String?, to: String?, _ environment: inout Environment) {
        if !Self.possibleDays.contains(days) {
            environment.report("--days", "expected 1 to 3650 days, found \(days)")
        }
        self = .days(days)
        func time(_ name: String, _ text: String?) -> Date? {
            guard let text else { return nil }
            if let time = Timestamp.parse(text) { return time }
            environment.report(name, "expected a time such as 2026-09-01T00:00:00Z, found \(text)")
            return nil
        }
        let first = time("--from", from)
        let last = time("--to", to)
        guard let first else {
            if from == nil, to != nil { environment.report("--to", "goes with --from") }
            return
        }
        if first > last ?? Date() { environment.report("--from", "lies behind the window's end") }
        self = .times(from: first, to: last)
    }

    /// The window as it lies at a time: whole UTC days before today, and today.
    func range(at now: Date) -> ClosedRange<Date> {
        switch self {
        case .days(let days):
            let start = now.timeIntervalSince1970 - Double(days) * 86_400
            return Date(timeIntervalSince1970: (start / 86_400).rounded(.down) * 86_400)...now
        case .times(let from, let to):
            let end = min(to ?? now, now)
            return min(from, end)...end
        }
    }

    /// How far back the window reaches, in days.
    var wholeDays: Int {
        switch self {
        case .days(let days): days
        case .times(let from, let to): max(1, Int((to ?? Date()).timeIntervalSince(from) / 86_400))
        }
    }
}
