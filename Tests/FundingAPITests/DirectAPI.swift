import Foundation
import FundingCore
import FundingJSON
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import WebServer

@testable import FundingAPI

/// The API without network, Postgres or Redis: a picture of the market and the router that serves it.
struct DirectAPI {
    let view = MarketView()
    let arbitrage = ArbitrageView()
    let health = HealthBoard()
    let live: LiveFeed
    let routes: Routes
    let router: WebRouter

    init(
        _ market: MarketState?, _ pairs: ArbitrageView.Picture = SampleSpreads.picture([]), at now: Date = Date(),
        limits: ClientLimits.Rates = .none, token: String? = nil,
        dashboard: StaticFiles? = nil
    ) {
        live = LiveFeed(view: view, session: "test")
        if let market {
            let grid = GridDocument(market, at: now)
            view.show(MarketView.Picture(market: market, grid: grid, sequence: 5, changedAt: now, isLoaded: true))
            arbitrage.show(pairs)
        }
        let source = MarketSource(view: view, session: live.session)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let pool = PostgresPool(Self.nowhere, size: 1, acquireTimeout: .milliseconds(500))
        routes = Routes(
            source: source, arbitrage: ArbitrageSource(market: source, view: arbitrage),
            reads: TableReads(pool: pool, cache: AnswerCache(nil)), raw: RawExcerptStore(Self.redis),
            desk: BackfillDesk(pool),
            settings: SettingsEndpoints(store: SettingsStore(pool), events: EventPublisher(Self.redis), logger: logger),
            live: live, health: health, meter: RequestMeter(), redisAddress: "none", dashboard: dashboard,
            gate: Gate(
                limits: ClientLimits(limits), operators: OperatorRule(token: token),
                crossOrigin: CrossOrigin(origins: ["http://localhost:3000"]), view: view,
                audit: logger),
            shutDown: {})
        router = routes.router()
    }

    /// Nobody listens there: what needs Postgres is refused.
    private static let nowhere: PostgresConfiguration = {
        do {
            return try PostgresConfiguration(url: "postgres://127.0.0.1:1/none", applicationName: "test")
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    private static let redis: RedisConnection = {
        do {
            return RedisConnection(try RedisConfiguration(url: "redis://127.0.0.1:1"), name: "test")
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    func get(
        _ target: String, method: String = "GET", headers: [(String, String)] = [], from address: String = "127.0.0.1"
    ) async throws -> WebResponse {
        await router.respond(
            to: try WebRequest(method: method, target: target, headers: headers, remoteAddress: address)
        )
    }

    /// Sends a request with a JSON body, or none.
    func send(
        _ method: String, _ target: String, body: String? = nil, headers: [(String, String)] = [],
        from address: String = "127.0.0.1"
    ) async throws -> WebResponse {
        let type = body == nil ? [] : [("Content-Type", "application/json")]
        return await router.respond(
            to: try WebRequest(
                method: method, target: target, headers: type + headers, body: Array((body ?? "").utf8),
                remoteAddress: address))
    }
}

extension WebResponse {
    /// The body as JSON.
    var json: JSONView {
        get throws { try JSONDocument(bodyBytes ?? []).root }
    }
}
