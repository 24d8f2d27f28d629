import CLibcurl

/// Where a request goes, as libcurl reads its URL.
struct Endpoint: Sendable, Equatable {
    /// Scheme, host and port: what a connection can be reused for.
    var origin: String

    /// The origin and the path: what an error message may show. A query may hold keys.
    var display: String

    init(of request: HTTPRequest) throws(HTTPFetchError) {
        guard let handle = curl_url() else {
            throw HTTPFetchError(kind: .other(code: Int(CURLE_OUT_OF_MEMORY.rawValue)), message: "no memory for a URL")
        }
        defer { curl_url_cleanup(handle) }

        guard !request.url.utf8.contains(0) else {
            throw HTTPFetchError(kind: .invalidURL, message: "a URL of \(request.url.utf8.count) bytes holds a NUL")
        }
        let code = curl_url_set(handle, CURLUPART_URL, request.url, 0)
        guard code == CURLUE_OK else {
            let reason = String(cString: curl_url_strerror(code))
            throw HTTPFetchError(kind: .invalidURL, message: "\(request.url.withoutQuery): \(reason)")
        }
        let scheme = handle.part(CURLUPART_SCHEME)?.lowercased() ?? ""
        guard scheme == "http" || scheme == "https" else {
            throw HTTPFetchError(kind: .invalidURL, message: "\(scheme): expected the scheme http or https")
        }
        let host = handle.part(CURLUPART_HOST)?.lowercased() ?? ""
        let port = handle.part(CURLUPART_PORT, flags: CURLU_DEFAULT_PORT) ?? ""
        let shownPort = handle.part(CURLUPART_PORT).map { ":\($0)" } ?? ""
        let path = handle.part(CURLUPART_PATH) ?? "/"
        origin = "\(scheme)://\(host):\(port)"
        display = String("\(request.method.rawValue) \(scheme)://\(host)\(shownPort)\(path)".prefix(200))
    }
}

extension OpaquePointer {
    /// A part of a parsed URL; nil if it has none.
    func part(_ part: CURLUPart, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(self, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension String {
    /// The start of an unreadable URL, cut before anything that may be secret.
    fileprivate var withoutQuery: String {
        let path = prefix { $0 != "?" && $0 != "#" }
        return String((path.lastIndex(of: "@").map { path[path.index(after: $0)...] } ?? path).prefix(100))
    }
}
