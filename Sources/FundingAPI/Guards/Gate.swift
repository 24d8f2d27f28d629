import FundingCore
import FundingJSON
import FundingRuntime
import Logging
import WebServer

/// What stands before every endpoint: the client's budget, who may, from where, and a body that can be read.
struct Gate: Sendable {
    /// The longest body of a request.
    static let longestBody = 256 << 10

    let limits: ClientLimits
    let operators: OperatorRule
    let crossOrigin: CrossOrigin
    let view: MarketView
    /// Takes a line for every call that only the operator may make.
    let audit: Logger

    /// When a call of the operator's kind was last refused for coming too often: a flood of them is no flood in the log.
    private let refusedAt = Lock<ContinuousClock.Instant?>(nil)
    private static let refusalsApart = Duration.seconds(10)

    init(
        limits: ClientLimits, operators: OperatorRule, crossOrigin: CrossOrigin, view: MarketView, audit: Logger
    ) {
        self.limits = limits
        self.operators = operators
        self.crossOrigin = crossOrigin
        self.view = view
        self.audit = audit
    }

    /// Answers a request to an endpoint. Whatever comes of it, the answer tells what the client may still ask.
    func serve(_ request: WebRequest, _ endpoint: Endpoint) async throws -> WebResponse {
        let standing = try take(request, endpoint)
        let needsOperator = endpoint.access.needsOperator
        var proof = OperatorRule.Proof?.none
        var response: WebResponse
        do {
            if needsOperator { proof = try operators.admit(request) }
            response = try await answer(request, endpoint)
            if needsOperator { response.setHeader("Cache-Control", "no-store") }
        } catch {
            response = ErrorBody.response(to: error, of: request)
            response.failure = error
        }
        response.headers += standing?.fields ?? []
        if needsOperator { note(request, endpoint, proof, status: response.status) }
        return response
    }

    private func take(_ request: WebRequest, _ endpoint: Endpoint) throws(WebError) -> ClientLimits.Standing? {
        do throws(WebError) {
            return try limits.take(endpoint.access, from: request.remoteAddress, isLoopback: request.isLoopbackPeer)
        } catch {
            if endpoint.access.needsOperator, isRefusalWorthALine() {
                note(request, endpoint, nil, status: error.status)
            }
            throw error
        }
    }

    private func isRefusalWorthALine() -> Bool {
        refusedAt.withLock { refusedAt in
            let now = ContinuousClock.now
            if let refusedAt, now - refusedAt < Self.refusalsApart { return false }
            refusedAt = now
            return true
        }
    }

    private func answer(_ request: WebRequest, _ endpoint: Endpoint) async throws -> WebResponse {
        if endpoint.method != .get { try crossOrigin.admit(request) }
        var arguments = Arguments(
            request, declaring: endpoint.names, in: view.shared,
            body: endpoint.method == .get ? nil : try await Self.body(of: request))
        return try await endpoint.handler(&arguments)
    }

    /// The body's value; nil if there is none.
    private static func body(of request: WebRequest) async throws -> JSONView? {
        let bytes = try await request.body(upTo: longestBody)
        guard !bytes.isEmpty else { return nil }
        let type = request.header("Content-Type")?.split(separator: ";").first.map { $0.trimmed.lowercased() }
        guard type == "application/json" else {
            throw WebError(
                status: 415, code: "unsupported_media_type",
                message: "The body should be application/json, found \((type ?? "no Content-Type").prefix(60))")
        }
        let root: JSONView
        do { root = try JSONDocument(bytes).root } catch { throw WebError.badRequest("The body is not JSON: \(error)") }
        guard root.kind == .object else { throw WebError.badRequest("The body should be a JSON object") }
        return root
    }

    private func note(_ request: WebRequest, _ endpoint: Endpoint, _ proof: OperatorRule.Proof?, status: Int) {
        audit.notice(
            "operator call",
            metadata: [
                "method": "\(endpoint.method.rawValue)", "route": "\(endpoint.path)", "status": "\(status)",
                "by": "\(proof?.rawValue ?? "nobody")", "address": "\(request.remoteAddress)",
                "request_id": "\(request.requestID)",
            ])
    }
}
