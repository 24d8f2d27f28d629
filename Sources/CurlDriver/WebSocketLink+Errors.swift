import CLibcurl

extension WebSocketLink {
    /// Ends it for a reason of our own finding.
    func end(_ kind: WebSocketError.Kind, _ reason: String) {
        end(error(kind, reason))
    }

    /// `reason` completes "ws://host/path: ...".
    func error(_ kind: WebSocketError.Kind, _ reason: String) -> WebSocketError {
        WebSocketError(kind: kind, message: "\(endpoint.display): \(reason)")
    }

    /// An answer other than 101.
    func refusalError(_ refusal: WebSocketHandshake.Refusal) -> WebSocketError {
        WebSocketError(
            kind: .refused(status: refusal.status), message: "\(endpoint.display): refused with \(refusal.status)",
            retryAfter: refusal.retryAfter, body: refusal.body)
    }

    /// What libcurl's result of connecting means: the same as for a request.
    func connectionError(_ code: CURLcode, on handle: EasyHandle?) -> WebSocketError {
        let error = HTTPFetchError(
            code: code, request: endpoint.display, detail: handle?.detail ?? "", response: ResponseBuffer(bodyLimit: 0),
            proxyStatus: handle?.number(CURLINFO_HTTP_CONNECTCODE) ?? 0)
        let kind: WebSocketError.Kind =
            switch error.kind {
            case .tls: .tls
            case .timedOut: .timedOut
            case .invalidURL: .invalidRequest
            case .truncated: .connectionLost
            default: .unreachable
            }
        return WebSocketError(kind: kind, message: error.message, isTransient: kind == .tls ? error.isTransient : nil)
    }
}
