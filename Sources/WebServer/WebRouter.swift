/// Which handler answers which request, and in what shape everything else is refused.
public struct WebRouter: Sendable {
    /// Answers one request; what it throws becomes an answer through ``errorBody``.
    public typealias Handler = @Sendable (WebRequest) async throws -> WebResponse
    /// Stands around handlers: sees the request with its route already found, calls `next`, sees the answer, errors
    /// included. For cross-cutting rules such as CORS, tokens and rate limits.
    public typealias Middleware = @Sendable (_ request: WebRequest, _ next: Handler) async throws -> WebResponse

    /// One line of an index of the API.
    public struct Route: Sendable, Equatable {
        /// The method in capitals.
        public var method: String
        /// The pattern as it was written.
        public var pattern: String
    }

    /// The routes in the order they were added.
    public private(set) var routes: [Route] = []
    /// Answers every path that no route matches; nil: ``notFound`` does.
    public var fallback: Handler?
    /// Answers what neither a route nor the fallback serves.
    public var notFound: Handler = { throw WebError.notFound("There is nothing at \($0.path)") }
    /// Turns an error into an answer: the one place that decides the shape of errors.
    public var errorBody: @Sendable (_ error: any Error, _ request: WebRequest) -> WebResponse = standardErrorBody

    private var tree = RouteTree()
    private var middleware: [Middleware] = []

    /// A router without routes.
    public init() {}

    /// Serves a method and a pattern. `{name}` is one segment, `{name*}` at the end takes all that is left, slashes
    /// included. Adding a route twice traps.
    ///
    /// - Parameter isQuick: the handler runs on the connection's event loop, where it holds up all others: for answers
    ///   that are at hand. What takes longer it does in a task of its own, or ``WebRouter/aside(_:)``.
    public mutating func on(
        _ method: String, _ pattern: String, isQuick: Bool = false, _ handler: @escaping Handler
    ) {
        tree.insert(
            method, RouteTree.Endpoint(pattern: RoutePattern(pattern), handler: handler, isQuick: isQuick))
        routes.append(Route(method: method, pattern: pattern))
    }

    /// Serves GET and, through it, HEAD.
    public mutating func get(_ pattern: String, _ handler: @escaping Handler) { on("GET", pattern, handler) }

    /// Serves POST.
    public mutating func post(_ pattern: String, _ handler: @escaping Handler) { on("POST", pattern, handler) }

    /// Serves PUT.
    public mutating func put(_ pattern: String, _ handler: @escaping Handler) { on("PUT", pattern, handler) }

    /// Serves DELETE.

    /// Adds a middleware inside those added before.
    public mutating func use(_ middleware: @escaping Middleware) {
        self.middleware.append(middleware)
    }

    /// Answers a request; never throws, for every error has its answer.
    public func respond(to request: WebRequest) async -> WebResponse {
        await respondNamingRoute(to: request).response
    }

    /// Answers a request and tells which route did, for the request log.
    func respondNamingRoute(to request: WebRequest) async -> (response: WebResponse, route: String?) {
        var request = request
        let endpoint: Handler
        var isQuick = false
        switch tree.match(request.method, request.segments) {
        case .found(let found):
            request.parameters = found.pattern.parameters(of: request.segments)
            request.routePattern = found.pattern.text
            endpoint = found.handler
            isQuick = found.isQuick
        case .wrongMethod(let allowed):
            endpoint = { throw WebError.methodNotAllowed($0.method, allowed: allowed) }
        case .nothing:
            endpoint = fallback ?? notFound
        }
        var handler = answeringErrors(of: endpoint)
        for layer in middleware.reversed() {
            let inner = handler
            handler = answeringErrors { try await layer($0, inner) }
        }
        guard !isQuick else { return (await handler(request), request.routePattern) }
        return await Self.aside { [handler, request] in (await handler(request), request.routePattern) }
    }

    /// Runs a part of a quick handler that may take its time.
    public static func aside<Value: Sendable>(
        _ work: @Sendable () async throws -> Value
    ) async rethrows -> Value {
        try await withTaskExecutorPreference(globalConcurrentExecutor, operation: work)
    }

    private func answeringErrors(
        of handler: @escaping Handler
    ) -> @Sendable (WebRequest) async -> WebResponse {
        { [errorBody] request in
            do {
                return try await handler(request)
            } catch {
                return Self.refusal(error, of: request, errorBody)
            }
        }
    }

    /// The answer to an error that happened outside any handler, such as a malformed request.
    func refusal(_ error: any Error, of request: WebRequest) -> WebResponse {
        Self.refusal(error, of: request, errorBody)
    }

    private static func refusal(
        _ error: any Error, of request: WebRequest,
        _ errorBody: @Sendable (_ error: any Error, _ request: WebRequest) -> WebResponse
    ) -> WebResponse {
        var response = errorBody(error, request)
        for header in (error as? WebError)?.headers ?? [] where response.header(header.name) == nil {
            response.headers.append((header.name, header.value))
        }
        response.failure = error
        return response
    }

    /// The shape of errors where the owner of the router sets no other:
    /// `{"detail":"…","error":{"code":"…","message":"…","request_id":"…"}}`. Errors that are no ``WebError`` say
    /// nothing about themselves.
    public static let standardErrorBody: @Sendable (any Error, WebRequest) -> WebResponse = { error, request in
        let known = error as? WebError ?? .internalError
        let message = JSONText.quoted(known.message)
        let detail =
            #"{"detail":\#(message),"error":{"code":\#(JSONText.quoted(known.code)),"message":\#(message),"#
            + #""request_id":\#(JSONText.quoted(request.requestID))}}"#
        return .json(Array(detail.utf8), status: known.status)
    }
}
