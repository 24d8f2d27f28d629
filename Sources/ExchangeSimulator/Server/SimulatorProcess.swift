import Foundation
import FundingRuntime
import Logging
import WebServer

/// Wires the parts together and runs them until a signal asks to end.
struct SimulatorProcess {
    private let command: ExchangeSimulatorCommand
    private let logger: Logger

    init(_ command: ExchangeSimulatorCommand) throws {
        self.command = command
        guard let level = Logger.Level(rawValue: command.logLevel) else {
            throw ConfigurationError([ConfigurationProblem("--log-level", "there is no level \(command.logLevel)")])
        }
        LoggingSystem.bootstrap { _ in
            SuiteLogHandler(service: "exchange-simulator", level: level, format: .logfmt, isJournal: false)
        }
        logger = Logger(label: "exchange-simulator")
    }

    func run() async throws {
        let clock = MarketClock(scale: command.timeScale)
        let simulator = try simulator(at: clock.now.market)
        let isUniverse = command.universe
        let contracts = isUniverse ? simulator.universe.liveContracts(at: clock.now.market) : 0
        let front = SimulatorFront(simulator, clock: clock, logger: logger)
        let (host, portFile) = (command.host, command.portFile)
        let configuration = front.serverConfiguration(host: host, port: command.port)
        let server = WebServer(
            configuration, router: front.router(), webSocketRoute: front.streams.handler, logger: logger
        ) { port in
            let mode = isUniverse ? "mode=universe contracts=\(contracts)" : "mode=recordings"
            Self.announce("exchange-simulator listening url=http://\(host):\(port) \(mode)\n", port, portFile)
        }
        try await ServiceProcess.run([server], logger) {}
    }

    private func simulator(at now: Int) throws -> Simulator {
        let names = command.feeds.map { $0.split(separator: ",").map(String.init) }
        let known = PlayedExchanges.all.map(\.feed)
        for name in names ?? [] where !known.contains(name) {
            throw ConfigurationError([
                ConfigurationProblem("--feeds", "there is no feed \(name); there are \(known.joined(separator: ", "))")
            ])
        }
        return Simulator(
            source: try source(), exchanges: PlayedExchanges.all.filter { names?.contains($0.feed) ?? true },
            enforcesLimits: !command.noLimits, limitSpeed: command.limitSpeed, at: now
        )
    }

    private func source() throws -> Simulator.Source {
        guard let folder = command.recordings else { return .universe(seed: command.seed) }
        do {
            return .recordings(try RecordedExchange(folder: folder))
        } catch {
            throw ConfigurationError([ConfigurationProblem("--recordings", error.description)])
        }
    }

    /// One line on standard output, which scripts wait for, and the port in a file if one was named.
    private static func announce(_ line: String, _ port: Int, _ portFile: String?) {
        if let portFile {
            do {
                try Data("\(port)\n".utf8).write(to: URL(filePath: portFile), options: .atomic)
            } catch {
                ServiceProcess.complain("exchange-simulator: cannot write \(portFile): \(error)")
            }
        }
        let bytes = Array(line.utf8)
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
