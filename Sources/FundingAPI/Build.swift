import Foundation
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import ServiceLifecycle
import WebServer

/// Wires the API's parts.
struct Build {
    private enum Limits {
        /// One reads the tables, the others are for probes that meet it reading.
        static let connections = 3
        /// A client's queue beyond this is dropped with the client: a snapshot and what may be sent on top of it.
        static let webSocketQueue = 4 << 20
        /// What the kernel holds for a client is out of sight: a slow one must be noticed before it lags by much.
        static let webSocketSendBuffer = 256 << 10
    }

    private let settings: APISettings
    private let logger: Logger
    private let pool: PostgresPool
    /// What runs until the end: model, report, server.
    let services: [any Service]

    /// - Parameter onReady: is told the port.
    init(
        _ settings: APISettings, _ logger: Logger, onReady: (@Sendable (_ port: Int) async -> Void)? = nil
    ) {
        guard let postgres = settings.postgres, let redis = settings.redis else {
            preconditionFailure("An API was built without its stores.")
        }
        self.settings = settings
        self.logger = logger
        pool = PostgresPool(postgres, size: Limits.connections)
        let view = MarketView()
        let health = HealthBoard()
        let live = LiveFeed(view: view)
        let counters = ReadModelCounters()
        let model = ReadModel(
            ReadStores(pool), events: redis, view: view, live: live, health: health, counters: counters, logger
        )
        let crossOrigin = CrossOrigin(origins: settings.origins)
        let routes = Routes(
            market: MarketEndpoints(
                view: view, gridBody: GridBody(view: view, session: live.session), session: live.session
            ),
            health: HealthEndpoints(view: view, health: health, live: live), dashboard: settings.dashboard,
            crossOrigin: crossOrigin, limit: ReadLimit(perMinute: settings.readLimit)
        )
        let server = WebServer(
            Self.configuration(settings, crossOrigin, logger), router: routes.router(),
            webSocket: { await live.serve($0) }, logger: Self.serverLogger(logger)
        ) { port in
            Self.announce(port, settings, logger)
            await onReady?(port)
        }
        // They end in reverse: first the server, so that nobody is answered from a picture that stands still.
        services = [model, StatusReport(live: live, counters: counters, logger: logger), server]
    }

    /// Serves until told to end.
    func serve() async throws {
        if settings.dashboard == nil {
            logger.notice("FUNDING_DASHBOARD_DIR is not set, serving JSON only")
        }
        do {
            try await ServiceProcess.run(services, logger)
        } catch {
            await close()
            throw error
        }
        await close()
    }

    func close() async {
        await pool.close()
    }

    private static func configuration(_ settings: APISettings, _ crossOrigin: CrossOrigin, _ logger: Logger)
        -> WebServerConfiguration
    {
        var configuration = WebServerConfiguration(host: settings.host, port: settings.port)
        configuration.securityHeaders = WebServerConfiguration.securityHeaders(
            contentSecurityPolicy: "default-src 'self'; img-src 'self' data:; "
                + "frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
        )
        configuration.trustedProxies = settings.trustedProxies
        configuration.webSocketPath = "/ws"
        configuration.allowedOrigins = crossOrigin.webSocketPolicy
        configuration.maximumWebSocketQueue = Limits.webSocketQueue
        configuration.webSocketSendBuffer = Limits.webSocketSendBuffer
        configuration.webSocketPingInterval = .seconds(LiveFeed.heartbeatSeconds)
        let log = RequestLog(logger: logger)
        configuration.onRequestFinished = { log.note($0) }
        return configuration
    }

    /// The server's own word on where it listens says no more than ours.
    private static func serverLogger(_ logger: Logger) -> Logger {
        var quieter = logger
        if quieter.logLevel == .info { quieter.logLevel = .notice }
        return quieter
    }

    private static func announce(_ port: Int, _ settings: APISettings, _ logger: Logger) {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        logger.info("listening", metadata: ["url": "http://\(host):\(port)"])
        guard let file = settings.portFile else { return }
        do {
            // In one step, so that whoever waits for the file never reads half of it.
            try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            logger.error("port file not written", metadata: ["path": "\(file)", "error": "\(error)"])
        }
    }
}
