import WebServer

/// Which pages of other origins may read the API from a browser (CORS).
struct CrossOrigin: Sendable {
    private let allowed: Set<String>

    private enum Fields {
        static let exposed = "X-Total-Count, ETag, Link, X-Request-ID, Retry-After, RateLimit, RateLimit-Policy"
        static let methods = "GET, HEAD, POST, PUT, OPTIONS"
        static let accepted =
            "Accept, Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID, X-API-Key, X-Request-ID"
        static let preflightSeconds = "600"
    }

    /// - Parameter origins: such as `http://localhost:3000`.
    init(origins: [String]) {
        allowed = Set(origins.map { $0.lowercased() })
    }

    func allows(_ origin: String) -> Bool { allowed.contains(origin.lowercased()) }

    /// Lets a request through that changes something, unless a page of a foreign origin makes it. Programs send no
    /// `Origin`.
    func admit(_ request: WebRequest) throws(WebError) {
        guard let origin = request.header("Origin") else {
            guard request.header("Sec-Fetch-Site") != "cross-site" else {
                throw .forbidden("Pages of other origins may not do this")
            }
            return
        }
        guard allows(origin) || WebServerConfiguration.isSameOrigin(origin, request.header("Host")) else {
            throw .forbidden("Pages of \(origin.prefix(100)) may not do this; CORS_ORIGINS names those that may")
        }
    }

    /// Whether a page of that origin may open the WebSocket.
    var webSocketPolicy: @Sendable (_ origin: String, _ host: String?) -> Bool {
        { origin, host in allows(origin) || WebServerConfiguration.isSameOrigin(origin, host) }
    }

    var middleware: WebRouter.Middleware {
        { request, next in
            guard let origin = request.header("Origin") else {
                var response = try await next(request)
                // A cache must not hand this answer to a page that needs to be named in it.
                response.headers.append(("Vary", "Origin"))
                return response
            }
            let isPreflight = request.method == "OPTIONS" && request.header("Access-Control-Request-Method") != nil
            guard allows(origin) else {
                // The browser keeps the answer from the page; without a rule it may be our own page, which needs none.
                var response = isPreflight ? WebResponse(status: 403) : try await next(request)
                response.headers.append(("Vary", "Origin"))
                return response
            }
            var response = isPreflight ? WebResponse.empty() : try await next(request)
            response.headers.append(("Access-Control-Allow-Origin", origin))
            response.headers.append(("Access-Control-Allow-Credentials", "true"))
            response.headers.append(("Vary", "Origin"))
            if isPreflight {
                response.headers.append(("Access-Control-Allow-Methods", Fields.methods))
                response.headers.append(("Access-Control-Allow-Headers", Fields.accepted))
                response.headers.append(("Access-Control-Max-Age", Fields.preflightSeconds))
            } else {
                response.headers.append(("Access-Control-Expose-Headers", Fields.exposed))
            }
            return response
        }
    }
}
