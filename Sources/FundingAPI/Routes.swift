import FundingCore
import WebServer

/// The whole API on one page.
struct Routes: Sendable {
    var market: MarketEndpoints
    var health: HealthEndpoints
    var dashboard: StaticFiles?
    var crossOrigin: CrossOrigin
    var limit: ReadLimit

    func router() -> WebRouter {
        var router = WebRouter()
        router.errorBody = { error, request in ErrorBody.response(to: error, of: request) }
        router.use(crossOrigin.middleware)
        router.use(limit.middleware)

        router.get("/live", health.live)
        router.get("/ready", health.ready)
        router.get("/api/health", health.health)

        router.get("/api/funding-rates", market.rates)
        router.get("/api/funding-rates-grid", market.grid)
        router.get("/api/contracts-by-asset/{asset*}", market.contracts)
        router.get("/api/exchanges", market.exchanges)

        let index = IndexEndpoint(
            view: market.view, health: health.health, dashboard: dashboard, routes: router.routes
        )
        router.get("/", index.page)
        router.get("/api", index.index)
        router.fallback = index.elsewhere
        return router
    }
}
