import CLibcurl

extension HTTPFetchError {
    /// What libcurl's result means to a caller.
    ///
    /// - Parameters:
    ///   - code: how the transfer ended.
    ///   - request: what was asked, without its query.
    ///   - detail: libcurl's own words, which may be empty.
    ///   - response: what had arrived until then.
    ///   - proxyStatus: what a proxy said to CONNECT, 0 without one.
    init(code: CURLcode, request: String, detail: String, response: ResponseBuffer, proxyStatus: Int) {
        let kind = response.refusal ?? Kind(code: code, response: response, proxyStatus: proxyStatus)
        let reason: String
        switch kind {
        case .bodyTooLarge(let limit): reason = "the body is larger than \(limit) bytes"
        case .headersTooLarge(let limit): reason = "the headers are larger than \(limit) bytes"
        default: reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        }
        // A handshake cut off half-way may succeed next time; a certificate does not get better.
        self.init(
            kind: kind,
            message: "\(request): \(reason.prefix(200))",
            isTransient: code == CURLE_SSL_CONNECT_ERROR ? true : nil
        )
    }
}

extension HTTPFetchError.Kind {
    fileprivate init(code: CURLcode, response: ResponseBuffer, proxyStatus: Int) {
        switch code {
        case CURLE_URL_MALFORMAT:
            self = .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .unresolved
        case CURLE_COULDNT_CONNECT, CURLE_PROXY:
            self = .unreachable
        case CURLE_OPERATION_TIMEDOUT:
            self = .timedOut
        case CURLE_FILESIZE_EXCEEDED:
            self = .bodyTooLarge(limit: response.bodyLimit)
        case CURLE_BAD_CONTENT_ENCODING:
            self = .badEncoding
        case CURLE_WRITE_ERROR where response.isEncoded:
            self = .badEncoding
        case CURLE_RECV_ERROR where proxyStatus >= 300:
            self = .unreachable
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            self = .truncated
        case CURLE_OUT_OF_MEMORY where !response.hasBegunBody, Self.tooLarge where !response.hasBegunBody:
            // libcurl keeps a limit of its own on a single header line and says it in these words.
            self = .headersTooLarge(limit: response.headerLimit)
        case let code where Self.handshakeFailures.contains(code.rawValue):
            self = .tls
        default:
            self = .other(code: Int(code.rawValue))
        }
    }

    /// `CURLE_TOO_LARGE`, which the headers name since 8.6 only.
    private static let tooLarge = CURLcode(rawValue: 100)

    private static let handshakeFailures: Set<UInt32> = [
        CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
        CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_SHUTDOWN_FAILED,
        CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
        CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED,
    ].reduce(into: []) { $0.insert($1.rawValue) }
}
