import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle
import WebServer

/// Wires the API's parts.
struct Build {
    private enum Limits {
        /// A client's queue beyond this is dropped with the client: a snapshot and what may be sent on top of it.
        static let webSocketQueue = 4 << 20
        /// What the kernel holds for a client is out of sight: a slow one must be noticed before it lags by much.
        static let webSocketSendBuffer = 256 << 10
    }

    private let settings: APISettings
    private let logger: Logger
    private let stores: Stores
    private let signs: SignsOfLife
    /// What runs until the end: the models of rates and of pairs, report, server.
    let services: [any Service]
    let endpoints: [Endpoint]

    /// - Parameters:
    ///   - shutDown: begins the orderly end of the process.
    ///   - onReady: is told the port.
    init(
        _ settings: APISettings, _ logger: Logger, shutDown: @escaping @Sendable () -> Void = ServiceProcess.end,
        onReady: (@Sendable (_ port: Int) async -> Void)? = nil
    ) {
        guard let databases = settings.databases, let redis = settings.redis else {
            preconditionFailure("An API was built without its stores.")
        }
        self.settings = settings
        self.logger = logger
        stores = Stores(databases, redis)
        let view = MarketView()
        let health = HealthBoard()
        let limits = ClientLimits(settings.limits)
        let door = LiveDoor(limits, connections: settings.liveConnections)
        let live = LiveFeed(view: view, door: door)
        let counters = ReadModelCounters()
        let model = ReadModel(
            ReadStores(stores.model), events: redis, view: view, live: live, health: health, counters: counters, logger
        )
        let spreads = ArbitrageView()
        let spreadModel = ArbitrageModel(stores.model, events: redis, view: spreads, market: view, live: live, logger)
        let crossOrigin = CrossOrigin(origins: settings.origins)
        let gate = Gate(
            limits: limits, operators: OperatorRule(token: settings.adminToken),
            crossOrigin: crossOrigin, view: view, audit: logger)
        let meter = RequestMeter()
        let source = MarketSource(view: view, session: live.session)
        let routes = Routes(
            source: source, arbitrage: ArbitrageSource(market: source, view: spreads),
            reads: TableReads(
                pool: stores.requests,
                cache: AnswerCache(
                    ResponseCache(stores.redis, of: databases.requests.safeDescription))),
            raw: RawExcerptStore(stores.redis), desk: BackfillDesk(stores.primary),
            settings: SettingsEndpoints(
                store: SettingsStore(stores.primary), events: EventPublisher(stores.redis), logger: logger), live: live,
            health: health, meter: meter,
            redisAddress: redis.hostAndPort, dashboard: settings.dashboard, gate: gate, shutDown: shutDown)
        endpoints = routes.endpoints
        let (listening, isListening) = AsyncStream<Void>.makeStream()
        signs = SignsOfLife(
            ready: {
                for await _ in listening {}
                await view.waitUntilLoaded()
            }, pulse: WebServer.pulse, status: { Self.status(view, live) })
        let server = WebServer(
            Self.configuration(settings, gate, door, meter, logger), router: routes.router(),
            webSocket: { await live.serve($0) }, logger: Self.serverLogger(logger)
        ) { port in
            Self.announce(port, settings, logger)
            isListening.finish()
            await onReady?(port)
        }
        // They end in reverse: first the server, so that nobody is answered from a picture that stands still.
        let report = StatusReport(live: live, counters: counters, meter: meter, logger: logger)
        services = [model, spreadModel, report, server]
    }

    /// Serves until told to end.
    func serve() async throws {
        if settings.dashboard == nil {
            logger.notice("FUNDING_DASHBOARD_DIR is not set, serving JSON only")
        }
        try await ServiceProcess.run(services, logger, signs: signs, closing: close)
    }

    func close() async {
        await stores.close()
    }

    private static func configuration(
        _ settings: APISettings, _ gate: Gate, _ door: LiveDoor, _ meter: RequestMeter, _ logger: Logger
    ) -> WebServerConfiguration {
        var configuration = WebServerConfiguration(host: settings.host, port: settings.port)
        configuration.securityHeaders = WebServerConfiguration.securityHeaders(contentSecurityPolicy: PagePolicy.usual)
        configuration.trustedProxies = settings.trustedProxies
        configuration.inheritedSocket = settings.inheritedSocket
        configuration.maximumBodyBytes = Gate.longestBody
        configuration.webSocketPath = "/ws"
        configuration.allowedOrigins = gate.crossOrigin.webSocketPolicy
        configuration.admitsWebSocket = { request throws(WebError) in
            let client = LiveDoor.Client(request.remoteAddress, isLoopback: request.isLoopbackPeer)
            try door.charge(client)
            try door.requireRoom(for: client)
        }
        configuration.maximumWebSocketQueue = Limits.webSocketQueue
        configuration.webSocketSendBuffer = Limits.webSocketSendBuffer
        configuration.webSocketPingInterval = .seconds(LiveFeed.heartbeatSeconds)
        let log = RequestLog(logger: logger)
        configuration.onRequestFinished = {
            log.note($0)
            meter.note($0)
        }
        return configuration
    }

    private static func status(_ view: MarketView, _ live: LiveFeed) -> String {
        let market = view.current.market
        let contracts = market.allRates.count(where: \.isActive)
        return "\(contracts) contracts of \(market.exchanges.count) exchanges, \(live.clientCount) live clients"
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
