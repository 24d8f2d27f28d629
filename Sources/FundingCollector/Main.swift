import ArgumentParser
import Foundation
import FundingExchanges
import FundingRuntime

/// Asks the exchanges for live funding rates, writes them to Postgres and tells of them on Redis.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "funding-collector",
        abstract: "Collects live funding rates into Postgres and publishes what changed on Redis.",
        version: ServiceProcess.version
    )

    @Option(help: "Exchanges or feeds to poll, separated by commas; all that are on by default if not given.")
    var exchanges: String?

    @Option(help: "Seconds between two polls of a feed.")
    var pollInterval: Int = 30

    @Flag(help: "Poll every feed once and end; status 1 if a feed failed as a whole.")
    var once = false

    @Flag(help: "Needs no database: print what would be stored.")
    var dryRun = false

    @Flag(help: "Print the names of all feeds and end.")
    var listFeeds = false

    @Option(help: "How a dry run prints: jsonl.")
    var output: OutputFormat = .jsonl

    enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
        case jsonl
    }

    func run() async {
        if listFeeds {
            for adapter in Exchanges.all { print(adapter.profile.feed) }
            return
        }
        await ServiceProcess.main("funding-collector") {
            var environment = Environment()
            let logger = ServiceProcess.logger("collector", &environment)
            let settings = CollectorSettings(
                exchanges: exchanges, pollInterval: pollInterval, needsStores: !dryRun, &environment
            )
            try environment.finish()
            if dryRun {
                guard await DryRun(settings, logger).run() else { Foundation.exit(EXIT_FAILURE) }
            } else if once {
                guard try await Build(settings, logger).once() else { Foundation.exit(EXIT_FAILURE) }
            } else {
                try await Build(settings, logger).serve()
            }
        }
    }
}
