import ArgumentParser
import FundingRuntime

/// Compares the rates of all exchanges as they move and writes what is worth knowing about them.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "funding-scanner",
        abstract: "Follows the live rates and keeps spreads and statistics; asks no exchange.",
        discussion: "Start two: one leads, the other follows the market as well and takes over within seconds.",
        version: ServiceProcess.version
    )

    func run() async {
        await ServiceProcess.main("funding-scanner", serves: true) {
            var environment = Environment()
            let logger = ServiceProcess.logger("scanner", &environment)
            let settings = ScannerSettings(&environment)
            try environment.finish()
            try await Build(settings, logger).serve()
        }
    }
}
