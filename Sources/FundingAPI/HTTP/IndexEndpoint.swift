import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import WebServer

/// `GET /` and `GET /api`: what there is.
struct IndexEndpoint: Sendable {
    let view: MarketView
    let health: HealthBoard
    let dashboard: StaticFiles?
    /// All others.
    let listed: [Endpoint]

    private static let schema: JSONShape = [
        "name": .text, "version": .text, "status": .word(["active", "unavailable"]), "exchanges": .count,
        "contracts": .count, "assets": .count, "documentation": .text, "endpoints": .map(.text),
    ]

    var endpoints: [Endpoint] {
        [
            .get("/", .service, "The dashboard for browsers, the index for all others.", answers: Self.schema, page)
                .guarded(by: .open).also(200, "text/html", nil, "The dashboard."),
            .get("/api", .service, "What there is: all endpoints by method and path.", answers: Self.schema, index)
                .guarded(by: .open),
        ]
    }

    /// The dashboard for those who would rather have a page, the index for all others.
    private func page(_ arguments: inout Arguments) async throws -> WebResponse {
        let request = arguments.request
        if let dashboard, Self.prefersHTML(request.header("Accept") ?? ""),
            var page = try dashboard.response(to: request)
        {
            page.headers.append(("Vary", "Accept"))
            return page
        }
        var index = try await index(&arguments)
        index.headers.append(("Vary", "Accept"))
        return index
    }

    /// An address that belongs to no route: a file of the dashboard, the dashboard's own page for whoever wants HTML (it
    /// says that nothing is there and leads home), or the error.
    func elsewhere(_ request: WebRequest) async throws -> WebResponse {
        if let file = try dashboard?.response(to: request) { return file }
        var home = request
        home.path = "/"
        let isPage = request.method == "GET" && !request.path.hasPrefix("/api/") && !request.path.hasPrefix("/assets/")
        guard isPage, Self.prefersHTML(request.header("Accept") ?? ""), var page = try dashboard?.response(to: home)
        else { throw WebError.notFound("There is nothing at \(request.path)") }
        page.status = 404
        return page
    }

    private func index(_ arguments: inout Arguments) async throws -> WebResponse {
        let market = view.current.market
        let now = Date()
        let shown = market.allRates.filter { market.isVisible($0, at: now) }
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        writer.field("name", "Funding Suite API")
        writer.field("version", ServiceProcess.version)
        writer.field("status", view.current.isLoaded && health.database.isConnected ? "active" : "unavailable")
        writer.field("exchanges", market.exchanges.count)
        writer.field("contracts", shown.count)
        writer.field("assets", Set(shown.map { AssetGroup(of: $0.contract) }).count)
        writer.field("documentation", "/docs")
        writer.key("endpoints")
        writer.beginObject()
        for endpoint in listed + endpoints {
            let path = OpenAPIDocument.path(endpoint.path)
            writer.key("\(endpoint.method.rawValue) \(path)")
            writer.value(path)
        }
        writer.key("WebSocket /ws")
        writer.value("/ws")
        writer.endObject()
        writer.endObject()
        return .json(writer.bytes)
    }

    /// Whether a client names HTML and wants it at least as much as JSON.
    static func prefersHTML(_ accept: String) -> Bool {
        var weights: [String: Double] = [:]
        for item in accept.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map(\.trimmed)
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            weights[parts.first ?? "", default: 0] = max(weights[parts.first ?? ""] ?? 0, weight)
        }
        guard let html = weights["text/html"] ?? weights["application/xhtml+xml"], html > 0 else { return false }
        return html >= weights["application/json"] ?? 0
    }
}
