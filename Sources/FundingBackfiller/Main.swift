import ArgumentParser
import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore

/// Brings what was paid into Postgres: once, hourly, or as a service that also follows each new settlement.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "funding-backfiller",
        abstract: "Fetches settled funding into Postgres: each settlement as it falls due, and whatever is missing.",
        version: ServiceProcess.version
    )

    @Option(
        help: "Exchanges or feeds to fetch from, separated by commas; those that the settings have on if not given.")
    var exchanges: String?

    @Option(
        help: """
            Only these contracts, separated by commas. In a dry run a contract can also be described, where its exchange \
            cannot be asked what it lists: SYMBOL=BASE, SYMBOL=BASE/HOURS with its funding interval, SYMBOL=BASE@ID/HOURS \
            where the exchange addresses it by another name.
            """)
    var symbols: String?

    @Option(help: "How many days back, to midnight UTC; 30, or what the settings say, if not given.")
    var days: Int?

    @Option(help: "The window's first moment, such as 2026-09-01T00:00:00Z, instead of --days.")
    var from: String?

    @Option(help: "The window's last moment; now if not given.")
    var to: String?

    @Flag(help: "Ask again for every gap, also where the exchange had nothing before.")
    var gapsOnly = false

    @Flag(help: "Ask for what is stored too: what an exchange has revised replaces it. Only with --once.")
    var again = false

    @Flag(
        help: """
            Keep all history, instead of dropping the months that ended before the window, or before the last 30 days if it \
            is shorter, and two days more.
            """)
    var keepEverything = false

    @Flag(help: "Fill the window once and end; status 1 if something is missing that could have been fetched.")
    var once = false

    @Flag(help: "Fill the window now and at every full hour, nothing else.")
    var loopHourly = false

    @Flag(help: "Needs no database: print what would be stored. Only with --once.")
    var dryRun = false

    @Option(help: "How a dry run prints: jsonl.")
    var output: OutputFormat = .jsonl

    enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
        case jsonl
    }

    func validate() throws {
        guard !(once && loopHourly) else { throw ValidationError("Say either --once or --loop-hourly.") }
        guard once || !again else { throw ValidationError("--again goes with --once.") }
        guard !(again && gapsOnly) else { throw ValidationError("Say either --again or --gaps-only.") }
        guard once || !dryRun else { throw ValidationError("--dry-run goes with --once.") }
        guard once || (from == nil && to == nil) else { throw ValidationError("--from and --to go with --once.") }
    }

    func run() async {
        await ServiceProcess.main("funding-backfiller", serves: !once) {
            var environment = Environment()
            let logger = ServiceProcess.logger("backfiller", &environment)
            var settings = BackfillerSettings(self, over: SuiteSettings(), &environment)
            try environment.finish()
            if let postgres = settings.postgres {
                settings = BackfillerSettings(
                    self, over: try await StartUp.settings(postgres, logger), &environment)
                try environment.finish()
            }
            if dryRun {
                guard await DryRun(settings, logger).run() else { Foundation.exit(EXIT_FAILURE) }
            } else if once {
                guard try await Build(settings, logger).once() else { Foundation.exit(EXIT_FAILURE) }
            } else {
                try await Build(settings, logger).serve(followsSettlements: !loopHourly)
            }
        }
    }
}
