import ArgumentParser
import FundingRuntime

/// Plays exchanges over HTTP on loopback, for tests, demonstrations and benchmarks.
@main
struct ExchangeSimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange-simulator",
        abstract: "Plays exchanges over HTTP: http://HOST:PORT/bybit/v5/market/tickers?category=linear",
        discussion: "Faults, scripts and the journal of requests are under /_simulator/."
    )

    @Flag(help: "An invented market: every exchange's contract count, moving rates, settlements, histories.")
    var universe = false

    @Option(help: ArgumentHelp("Answer with recorded bodies from this folder.", valueName: "folder"))
    var recordings: String?

    @Option(help: "What the invented market looks like: the same seed, the same market.")
    var seed: UInt64 = 1

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes any free one.")
    var port = 0

    @Option(help: ArgumentHelp("Write the port to this file once it is known.", valueName: "path"))
    var portFile: String?

    @Option(help: ArgumentHelp("Play only these, separated by commas.", valueName: "names"))
    var feeds: String?

    @Option(help: "How many times faster than the machine's the market's clock runs, up to 100000.")
    var timeScale = 1.0

    @Flag(help: "Answer however often a client asks.")
    var noLimits = false

    @Option(help: "How many times faster than the machine's the clock runs that limits go by, up to 1000.")
    var limitSpeed = 1

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        guard universe != (recordings != nil) else { throw ValidationError("Say either --universe or --recordings.") }
        guard (0...65_535).contains(port) else { throw ValidationError("A port lies between 0 and 65535.") }
        guard timeScale > 0, timeScale <= 100_000 else {
            throw ValidationError("--time-scale lies between 0 and 100000.")
        }
        guard (1...1000).contains(limitSpeed) else {
            throw ValidationError("--limit-speed lies between 1 and 1000.")
        }
    }

    func run() async throws {
        await ServiceProcess.main("exchange-simulator", serves: true) { try await SimulatorProcess(self).run() }
    }
}
