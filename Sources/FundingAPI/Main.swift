import ArgumentParser
import Foundation
import FundingRuntime

/// Serves live funding rates over HTTP and WebSocket, from Postgres and what is published on Redis.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "funding-api",
        abstract: "Serves live funding rates over HTTP and WebSocket.",
        version: ServiceProcess.version
    )

    @Option(help: "A file to write the port to once it is listened on.")
    var portFile: String?

    func run() async {
        await ServiceProcess.main("funding-api", serves: true) {
            var environment = Environment()
            let logger = ServiceProcess.logger("api", &environment)
            let settings = APISettings(portFile: portFile, &environment)
            try environment.finish()
            try await Build(settings, logger).serve()
        }
    }
}
