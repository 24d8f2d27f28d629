import FundingRuntime
import Logging
import WebServer

/// Stands between the web server and the simulator: `/FEED/PATH` goes to an exchange, `/_simulator/…` to the control.
struct SimulatorFront: Sendable {
    private let simulator: Lock<Simulator>
    private let clock: MarketClock
    private let logger: Logger
    /// Serves those who ask for a WebSocket.
    let streams: StreamFront
    private static let maximumBodyBytes = 1 << 20

    init(_ simulator: Simulator, clock: MarketClock, logger: Logger) {
        self.simulator = Lock(simulator)
        streams = StreamFront(self.simulator, clock: clock, logger: logger)
        self.clock = clock
        self.logger = logger
    }

    /// No field and no ping that an exchange would not send, and an end within two seconds whatever hangs.
    func serverConfiguration(host: String, port: Int) -> WebServerConfiguration {
        var configuration = WebServerConfiguration(host: host, port: port)
        configuration.securityHeaders = []
        configuration.serverName = nil
        configuration.shutdownTimeout = .seconds(1)
        configuration.maximumBodyBytes = Self.maximumBodyBytes
        configuration.maximumWebSocketFrame = Self.maximumBodyBytes
        configuration.maximumWebSocketQueue = 16 << 20
        // Each exchange has its own way of asking whether a client lives.
        configuration.webSocketPingInterval = .seconds(86_400)
        configuration.webSocketSilenceTimeout = .seconds(2 * 86_400)
        return configuration
    }

    func router() -> WebRouter {
        var router = WebRouter()
        ControlRoutes(simulator, streams.sockets, clock: clock, logger: logger).add(to: &router)
        router.fallback = { try await answer($0) }
        return router
    }

    private func answer(_ request: WebRequest) async throws -> WebResponse {
        guard let feed = request.segments.first else { throw WebError.notFound("The first part of a path is a feed") }
        let asked = SimulatedRequest(request, feed: feed, bytes: try await request.body(upTo: Self.maximumBodyBytes))
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
}
