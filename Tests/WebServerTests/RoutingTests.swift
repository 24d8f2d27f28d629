import Testing
import WebServer

@Suite struct RoutingTests {
    private static let router: WebRouter = {
        var router = WebRouter()
        let echo: WebRouter.Handler = { request in
            let values = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return .text("\(request.routePattern ?? "-") \(values.joined(separator: " "))")
        }
        router.get("/", echo)
        router.get("/api/contracts-by-asset/{asset}", echo)
        router.get("/api/contracts-by-asset/all", echo)
        router.get("/api/historical/{symbol*}", echo)
        router.get("/api/history/{exchange}/{symbol*}", echo)
        router.on("PATCH", "/api/history/{exchange}/settings", echo)
        router.post("/api/start", echo)
        router.put("/api/start", echo)
        return router
    }()

    @Test(arguments: [
        ("/", "/ "),
        ("/api/contracts-by-asset/BTC", "/api/contracts-by-asset/{asset} asset=BTC"),
        ("/api/contracts-by-asset/BTC/", "/api/contracts-by-asset/{asset} asset=BTC"),
        ("/api/contracts-by-asset/all", "/api/contracts-by-asset/all "),
        ("/api/contracts-by-asset/a%2Fb", "/api/contracts-by-asset/{asset} asset=a/b"),
        ("/api/contracts-by-asset/%E2%82%BF", "/api/contracts-by-asset/{asset} asset=₿"),
        ("/api/contracts-by-asset/a%20b+c", "/api/contracts-by-asset/{asset} asset=a b+c"),
        ("/api/historical/BTC/USDT-P", "/api/historical/{symbol*} symbol=BTC/USDT-P"),
        ("/api/historical/BTC%2FUSDT-P", "/api/historical/{symbol*} symbol=BTC/USDT-P"),
        ("/api/historical/TSLA,raydium,0xA", "/api/historical/{symbol*} symbol=TSLA,raydium,0xA"),
        ("/api/historical/x?y=/z", "/api/historical/{symbol*} symbol=x"),
        ("/api/history/hibachi/BTC/USDT-P", "/api/history/{exchange}/{symbol*} exchange=hibachi symbol=BTC/USDT-P"),
        ("/api/history/a/settings", "/api/history/{exchange}/{symbol*} exchange=a symbol=settings"),
        ("http://elsewhere:80/api/contracts-by-asset/E", "/api/contracts-by-asset/{asset} asset=E"),
    ])
    func pathsFindTheirRoutes(target: String, expected: String) async throws {
        let response = await Self.router.respond(to: try WebRequest(method: "GET", target: target))
        #expect(response.status == 200)
        #expect(String(decoding: response.bodyBytes ?? [], as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("GET", "/nowhere", 404, nil), ("GET", "/api", 404, nil), ("GET", "/api/historical", 404, nil),
        ("GET", "/api/historical/", 404, nil), ("GET", "/api/contracts-by-asset/a/b", 404, nil),
        ("GET", "//", 404, nil), ("GET", "/api/start", 405, "POST, PUT"),
        ("DELETE", "/api/contracts-by-asset/BTC", 405, "GET, HEAD"),
        ("POST", "/api/history/x/settings", 405, "GET, HEAD, PATCH"),
        ("BREW", "/", 405, "GET, HEAD"), ("HEAD", "/", 200, nil),
    ])
    func refusesWhatNoRouteServes(method: String, target: String, status: Int, allow: String?) async throws {
        let response = await Self.router.respond(to: try WebRequest(method: method, target: target))
        #expect(response.status == status)
        #expect(response.header("allow") == allow)
    }

    @Test(arguments: ["/%", "/%4", "/%zz", "/%00", "/%ff%fe", "/a?b=%2", "/a?%=1", "nopath", "/a?b=%C3%28"])
    func malformedTargetsAreBadRequests(target: String) {
        let error = #expect(throws: WebError.self) { try WebRequest(method: "GET", target: target) }
        #expect(error?.status == 400)
    }

    @Test func pathsCannotClimb() async throws {
        for target in ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/contracts-by-asset/..%2F.."] {
            let response = await Self.router.respond(to: try WebRequest(method: "GET", target: target))
            #expect(response.status == (target.hasPrefix("/api") ? 200 : 404))
        }
    }

    @Test func fallbackTakesEverythingWithoutARoute() async throws {
        var router = Self.router
        router.fallback = { .text("fallback \($0.path) \($0.rawPath) \($0.rawQuery)") }
        let response = await router.respond(to: try WebRequest(method: "POST", target: "/x%2Fy?z=%20"))
        #expect(String(decoding: response.bodyBytes ?? [], as: UTF8.self) == "fallback /x/y /x%2Fy z=%20")
        let known = await router.respond(to: try WebRequest(method: "GET", target: "/api/start"))
        #expect(known.status == 405)
    }

    @Test func routesAreListedInOrder() {
        let lines = Self.router.routes.map { "\($0.method) \($0.pattern)" }
        #expect(lines.first == "GET /")
        #expect(lines.last == "PUT /api/start")
        #expect(lines.count == 8)
    }

    @Test func middlewareStandsAroundRoutesAndRefusals() async throws {
        var router = Self.router
        router.use { request, next in
            var response = try await next(request)
            response.setHeader("X-Seen", "\(request.routePattern ?? "none") \(response.status)")
            return response
        }
        router.use { request, next in
            if request.header("X-Deny") != nil { throw WebError.forbidden("denied") }
            return try await next(request)
        }
        let found = await router.respond(to: try WebRequest(method: "GET", target: "/api/historical/x"))
        #expect(found.header("X-Seen") == "/api/historical/{symbol*} 200")
        let missing = await router.respond(to: try WebRequest(method: "GET", target: "/no"))
        #expect(missing.header("X-Seen") == "none 404")
        let denied = await router.respond(
            to: try WebRequest(method: "GET", target: "/", headers: [("X-Deny", "1")]))
        #expect(denied.header("X-Seen") == "/ 403")
    }
}
