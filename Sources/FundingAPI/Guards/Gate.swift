import FundingCore
import FundingJSON
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

    /// Answers a request to an endpoint.
    func serve(_ request: WebRequest, _ endpoint: Endpoint) async throws -> WebResponse {
        let standing = try limits.take(
            endpoint.access, from: request.remoteAddress, isLoopback: request.isLoopbackPeer)
        guard endpoint.access.needsOperator else {
            var response = try await answer(request, endpoint)
            response.headers += standing?.fields ?? []
            return response
        }
        var proof = OperatorRule.Proof?.none
        do {
            proof = try operators.admit(request)
            var response = try await answer(request, endpoint)
            response.setHeader("Cache-Control", "no-store")
            response.headers += standing?.fields ?? []
            note(request, endpoint, proof, status: response.status)
            return response
        } catch {
            note(request, endpoint, proof, status: ErrorBody.status(of: error))
            throw error
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
