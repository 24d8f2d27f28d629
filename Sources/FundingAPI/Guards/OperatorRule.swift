import WebServer

/// Who is the operator: whoever has the token or, while none is set, sits at the same machine.
struct OperatorRule: Sendable {
    /// How somebody was let in, for the audit log.
    enum Proof: String, Sendable {
        case token, loopback
    }

    private let token: [UInt8]?

    /// - Parameter token: nil if none is set.
    init(token: String?) {
        self.token = token.map { Array($0.utf8) }
    }

    /// - Throws: 401 or 403.
    func admit(_ request: WebRequest) throws(WebError) -> Proof {
        guard let token else { return try admitWithoutToken(request) }
        guard let presented = Self.presented(by: request) else { throw .unauthorized("This needs the admin token") }
        guard Self.areEqual(presented, token) else { throw .unauthorized("The admin token is wrong") }
        return .token
    }

    /// The peer's address alone would let any web page in that resolves its own name to this machine: the name that the
    /// request was sent to must be the machine's as well.
    private func admitWithoutToken(_ request: WebRequest) throws(WebError) -> Proof {
        guard request.isLoopbackPeer, Self.isLoopback(host: request.header("Host")) else {
            throw .forbidden("No ADMIN_TOKEN is set, so this is for programs on the same machine only; set one")
        }
        return .loopback
    }

    private static func presented(by request: WebRequest) -> [UInt8]? {
        if let key = request.header("X-API-Key") { return Array(key.trimmed.utf8) }
        guard let field = request.header("Authorization") else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Array(parts[1].trimmed.utf8)
    }

    /// Takes as long however many bytes fit, so that nobody finds the token byte by byte.
    static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        var difference = one.count ^ other.count
        for index in 0..<other.count {
            difference |= Int((index < one.count ? one[index] : 0) ^ other[index])
        }
        return difference == 0
    }

    static func isLoopback(host: String?) -> Bool {
        guard let host = host?.lowercased() else { return true }
        if host.hasPrefix("[") { return host == "[::1]" || host.hasPrefix("[::1]:") }
        let name = host.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
        return name == "localhost" || name.hasSuffix(".localhost") || name.hasPrefix("127.") && isAddress(name)
    }

    private static func isAddress(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension WebError {
    /// 401: nobody knows who asks.
    fileprivate static func unauthorized(_ message: String) -> WebError {
        WebError(
            status: 401, code: "unauthorized", message: message,
            headers: [Header("WWW-Authenticate", "Bearer realm=\"funding-suite\"")])
    }
}
