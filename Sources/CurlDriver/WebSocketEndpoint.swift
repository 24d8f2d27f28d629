import CLibcurl

/// Where a WebSocket goes, as libcurl reads its URL; what is sent of it stays as it was written.
struct WebSocketEndpoint: Sendable, Equatable {
    /// The URL with `http` for `ws`: what libcurl is to connect to.
    var url: String

    /// Whether TLS lies beneath.
    var isSecure: Bool

    /// The `Host` header: the port only if it is not the scheme's own.
    var host: String

    /// Path and query, for the request line.
    var target: String

    /// The `Authorization` header that the URL's user and password make, if it has any.
    var authorization: String?

    /// The URL without query and credentials: what an error message may show.
    var display: String

    init(of url: String) throws(WebSocketError) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "ws" || scheme == "wss", url.utf8.dropFirst(scheme.count).starts(with: "://".utf8) else {
            throw .invalid("\(scheme.prefix(20)): expected the scheme ws or wss")
        }
        let rest = url.dropFirst(scheme.count + 3)
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid("a URL of \(url.utf8.count) bytes holds what should be percent-encoded")
        }
        guard let handle = curl_url() else { throw .invalid("no memory for a URL") }
        defer { curl_url_cleanup(handle) }

        self.url = "\(scheme == "wss" ? "https" : "http")://\(rest)"
        isSecure = scheme == "wss"
        let code = curl_url_set(handle, CURLUPART_URL, self.url, 0)
        guard code == CURLUE_OK else {
            throw .invalid("a \(scheme) URL that cannot be read: \(String(cString: curl_url_strerror(code)))")
        }
        let name = handle.part(CURLUPART_HOST) ?? ""
        let port = handle.part(CURLUPART_PORT, flags: CURLU_NO_DEFAULT_PORT).map { ":\($0)" } ?? ""
        host = name + port
        target = Self.target(of: rest)
        if let user = handle.part(CURLUPART_USER, flags: CURLU_URLDECODE) {
            let password = handle.part(CURLUPART_PASSWORD, flags: CURLU_URLDECODE) ?? ""
            authorization = "Basic \(Base64.text(of: Array("\(user):\(password)".utf8)))"
        }
        display = String("\(scheme)://\(host)\(target.prefix { $0 != "?" })".prefix(200))
    }

    /// What follows the authority, up to a fragment, which is not sent.
    private static func target(of rest: Substring) -> String {
        let behindAuthority = rest.drop { $0 != "/" && $0 != "?" && $0 != "#" }
        let target = behindAuthority.prefix { $0 != "#" }
        return target.hasPrefix("/") ? String(target) : "/\(target)"
    }
}

extension WebSocketError {
    fileprivate static func invalid(_ message: String) -> WebSocketError {
        WebSocketError(kind: .invalidRequest, message: message)
    }
}
