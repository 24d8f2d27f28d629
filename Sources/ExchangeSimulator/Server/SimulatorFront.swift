import FundingRuntime
import Logging
import WebServer

/// Stands between the web server and the simulator: `/FEED/PATH` goes to an exchange, `/_simulator/…` to the control.
struct SimulatorFront: Sendable {
    private let simulator: Lock<Simulator>
    private let clock: MarketClock
    private let logger: Logger
    private static let maximumBodyBytes = 1 << 20

    init(_ simulator: Simulator, clock: MarketClock, logger: Logger) {
        self.simulator = Lock(simulator)
        self.clock = clock
        self.logger = logger
    }

    /// No field that an exchange would not send, and an end within two seconds whatever hangs.
    func serverConfiguration(host: String, port: Int) -> WebServerConfiguration {
        var configuration = WebServerConfiguration(host: host, port: port)
        configuration.securityHeaders = []
        configuration.serverName = nil
        configuration.shutdownTimeout = .seconds(1)
        configuration.maximumBodyBytes = Self.maximumBodyBytes
        return configuration
    }

    func router() -> WebRouter {
        var router = WebRouter()
        ControlRoutes(simulator, clock: clock, logger: logger).add(to: &router)
        router.fallback = { try await answer($0) }
        return router
    }

    private func answer(_ request: WebRequest) async throws -> WebResponse {
        guard let feed = request.segments.first else { throw WebError.notFound("The first part of a path is a feed") }
        let asked = try await simulated(request, feed: feed)
        guard let admission = simulator.withLock({ $0.admit(asked, to: feed, at: clock.now) }) else {
            throw WebError.notFound("There is no feed \(feed)")
        }
        var answer = admission.answer()
        simulator.withLock { $0.complete(admission, &answer) }
        let facts: Logger.Metadata = [
            "feed": "\(feed)", "method": "\(asked.method)", "path": "\(asked.path)", "query": "\(asked.rawQuery)",
            "status": "\(answer.status)",
        ]
        if case .recorded = admission.way, answer.status == 404 {
            logger.warning("nothing was recorded for this request", metadata: facts)
        } else {
            logger.debug("answered", metadata: facts)
        }
        return try await WebDelivery(answer).response()
    }

    private func simulated(_ request: WebRequest, feed: String) async throws -> SimulatedRequest {
        let bytes = try await request.body(upTo: Self.maximumBodyBytes)
        let query = Dictionary(request.query.items.map { ($0.name, $0.value) }) { first, _ in first }
        var simulated = SimulatedRequest(
            request.method, String(request.path.dropFirst(feed.count + 1)), query: query, bytes: bytes,
            client: request.remoteAddress
        )
        simulated.rawQuery = bytes.isEmpty ? request.rawQuery : String(decoding: bytes.prefix(200), as: UTF8.self)
        return simulated
    }
}
