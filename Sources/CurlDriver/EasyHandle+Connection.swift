import CLibcurl

extension EasyHandle {
    /// What every connection has in common: HTTP/1.1, the same authorities, signs of life, and no signals.
    func setConnection(trust: TrustStore) throws(CurlFailure) {
        // HTTP/2 stalls in 7.88 under curl_multi_poll, a second at a time.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = trust.file { try set(CURLOPT_CAINFO, file) }
        if let folder = trust.folder { try set(CURLOPT_CAPATH, folder) }
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_NOSIGNAL, 1)
        // Otherwise giving up on a name that is being resolved waits for getaddrinfo, and everybody with it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 15)
        try set(CURLOPT_TCP_NODELAY, 1)
    }

    /// Lets libcurl connect, with TLS and through a proxy's tunnel where there is one, and then leave the connection
    /// to `receive` and `send`. They work as long as the handle stays in its multi handle; taking it out closes the
    /// connection. One of them has to be called at once: until then libcurl takes the connection for an idle one,
    /// which it may close when others connect (easy.c, `easy_connection`; url.c, `prune_dead_connections`).
    func prepareConnection(to url: String, timeout: Duration, trust: TrustStore) throws(CurlFailure) {
        reset()
        try recordErrors()
        try set(CURLOPT_URL, url)
        try set(CURLOPT_CONNECTTIMEOUT_MS, timeout.wholeMilliseconds)
        try setConnection(trust: trust)
        try set(CURLOPT_CONNECT_ONLY, 1)
        // An idle connection of a request's could be taken otherwise; WebSockets and requests share the multi handle.
        try set(CURLOPT_FRESH_CONNECT, 1)
        // A proxy would otherwise be sent a ws handshake as if it were the server.
        try set(CURLOPT_HTTPPROXYTUNNEL, 1)
    }

    /// The socket of a connection of our own, to wait for.
    var socket: curl_socket_t {
        curl_driver_active_socket(raw)
    }

    /// How a read or a write on a connection of our own went.
    enum Transfer {
        case bytes(Int)
        /// Nothing for now: wait for the socket.
        case blocked
        /// The other side has ended the connection in order.
        case ended
        case failed(CURLcode)
    }

    /// Reads what there is; never blocks. With TLS there may be more although the socket has nothing.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = 0
        let code = curl_easy_recv(raw, buffer.baseAddress, buffer.count, &count)
        if code == CURLE_OK { return count > 0 ? .bytes(count) : .ended }
        return code == CURLE_AGAIN ? .blocked : .failed(code)
    }

    /// Writes what fits; never blocks. After `.blocked` OpenSSL wants the same bytes from the same place again.
    func send(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        var count = 0
        let code = curl_easy_send(raw, bytes.baseAddress, bytes.count, &count)
        if code == CURLE_OK { return count > 0 ? .bytes(count) : .blocked }
        return code == CURLE_AGAIN ? .blocked : .failed(code)
    }
}
