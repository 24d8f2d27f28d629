import ArgumentParser
import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore

/// Asks the exchanges for live funding rates, writes them to Postgres and tells of them on Redis.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "funding-collector",
        abstract: "Collects live funding rates into Postgres and publishes what changed on Redis.",
        version: ServiceProcess.version
    )

    @Option(help: "Exchanges or feeds to poll, separated by commas; those that the settings have on if not given.")
    var exchanges: String?

    @Option(help: "Seconds between two polls of a feed; 30, or what the settings say, if not given.")
    var pollInterval: Int?

    @Option(
        help: """
            When each exchange's turn is: parallel, or one after the other by default, fast, conservative, priority, or \
            seconds of your own (NAME=0,NAME=30).
            """)
    var schedule: String?

    @Flag(inversion: .prefixedNo, help: "Listen to what exchanges push, beside polling them.")
    var streams: Bool?

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
        await ServiceProcess.main("funding-collector", serves: !once && !dryRun) {
            var environment = Environment()
            let logger = ServiceProcess.logger("collector", &environment)
            var settings = CollectorSettings(self, over: SuiteSettings(), &environment)
            try environment.finish()
            if let postgres = settings.postgres {
                settings = CollectorSettings(
                    self, over: try await StartUp.settings(postgres, logger), &environment)
                try environment.finish()
            }
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
