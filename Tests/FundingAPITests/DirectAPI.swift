import Foundation
import FundingCore
import FundingJSON
import WebServer

@testable import FundingAPI

/// The API without network, Postgres or Redis: a picture of the market and the router that serves it.
struct DirectAPI {
    let view = MarketView()
    let health = HealthBoard()
    let live: LiveFeed
    let router: WebRouter

    init(_ market: MarketState?, at now: Date = Date(), readLimit: Int = 0, dashboard: StaticFiles? = nil) {
        live = LiveFeed(view: view, session: "test")
        if let market {
            let grid = GridDocument(market, at: now)
            view.show(MarketView.Picture(market: market, grid: grid, sequence: 5, changedAt: now, isLoaded: true))
        }
        router = Routes(
            market: MarketEndpoints(
                view: view, gridBody: GridBody(view: view, session: live.session), session: live.session
            ),
            health: HealthEndpoints(view: view, health: health, live: live), dashboard: dashboard,
            crossOrigin: CrossOrigin(origins: ["http://localhost:3000"]), limit: ReadLimit(perMinute: readLimit)
        ).router()
    }

    func get(
        _ target: String, method: String = "GET", headers: [(String, String)] = [], from address: String = "127.0.0.1"
    ) async throws -> WebResponse {
        await router.respond(
            to: try WebRequest(method: method, target: target, headers: headers, remoteAddress: address)
        )
    }
}

extension WebResponse {
    /// The body as JSON.
    var json: JSONView {
        get throws { try JSONDocument(bodyBytes ?? []).root }
    }
}
