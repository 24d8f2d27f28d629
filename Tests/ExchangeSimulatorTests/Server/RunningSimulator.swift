import FundingRuntime
import Logging
import ServiceLifecycle
import Testing
import WebServer

@testable import ExchangeSimulator

/// Runs a simulator behind a real socket for as long as `body` takes, and ends it gracefully.
func withSimulator(
    playing exchanges: [any PlayedExchange] = PlayedExchanges.all, from source: Simulator.Source = .universe(seed: 1),
    enforcesLimits: Bool = true, timeScale: Double = 1, _ body: @Sendable @escaping (_ port: Int) async throws -> Void
) async throws {
    let clock = MarketClock(scale: timeScale)
    let simulator = Simulator(
        source: source, exchanges: exchanges, enforcesLimits: enforcesLimits, at: clock.now.market
    )
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let front = SimulatorFront(simulator, clock: clock, logger: logger)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let configuration = front.serverConfiguration(host: "127.0.0.1", port: 0)
    let server = WebServer(
        configuration, router: front.router(), webSocketRoute: front.streams.handler, logger: logger
    ) {
        port.yield($0)
    }
    let group = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        for await port in ports {
            do {
                try await body(port)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            break
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
