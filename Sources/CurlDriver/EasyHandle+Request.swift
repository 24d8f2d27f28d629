import CLibcurl

extension EasyHandle {
    /// Sets every option of a request. The buffer must outlive the transfer.
    func prepare(
        _ request: HTTPRequest, into response: ResponseBuffer, userAgent: String, trust: TrustStore
    ) throws(CurlFailure) {
        reset()
        try recordErrors()
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_USERAGENT, userAgent)
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.wholeMilliseconds)
        try setProtocol(trust: trust, followsRedirects: request.followsRedirects)
        try setMethod(request.method, body: request.body)
        try set(headers: headerLines(of: request))
        try receive(into: response, announcesBody: request.method != .head)
    }

    private func setProtocol(trust: TrustStore, followsRedirects: Bool) throws(CurlFailure) {
        try setConnection(trust: trust)
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, followsRedirects ? 1 : 0)
        try set(CURLOPT_MAXREDIRS, 5)
        // Everything this libcurl can decode: gzip, deflate and, where built in, br and zstd.
        try set(CURLOPT_ACCEPT_ENCODING, "")
    }

    private func setMethod(_ method: HTTPRequest.Method, body: [UInt8]?) throws(CurlFailure) {
        if method == .head {
            try set(CURLOPT_NOBODY, 1)
        } else if method == .post || body != nil {
            try set(CURLOPT_POST, 1)
            try set(body: body ?? [])
        }
        if method != .get && method != .head && method != .post || method == .get && body != nil {
            try set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
    }

    private func headerLines(of request: HTTPRequest) throws(CurlFailure) -> [String] {
        var lines: [String] = []
        for (name, value) in request.headers {
            guard isHeaderField(name, value) else { throw CurlFailure(code: CURLE_BAD_FUNCTION_ARGUMENT) }
            // "Name:" would make libcurl leave the header out.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        if !request.headers.contains(where: { $0.0.equalsIgnoringCase("content-type") }) {
            // Else a body is announced as a form.
            lines.append("Content-Type:")
        }
        // Waiting a second for "100 Continue" helps nobody here.
        lines.append("Expect:")
        return lines
    }

    private func receive(into response: ResponseBuffer, announcesBody: Bool) throws(CurlFailure) {
        let target = Unmanaged.passUnretained(response).toOpaque()
        try set(CURLOPT_BUFFERSIZE, 64 << 10)
        if announcesBody, response.bodyLimit > 0 {
            // Refuses early what announces itself; the buffer counts what really comes, after decompression.
            try set(CURLOPT_MAXFILESIZE_LARGE, size: response.bodyLimit)
        }
        try set(CURLOPT_HEADERDATA, pointer: target)
        try set(CURLOPT_HEADERFUNCTION) { data, size, count, target in
            deliver(data, size * count, to: target) { $0.receive(headerLine: $1) }
        }
        try set(CURLOPT_WRITEDATA, pointer: target)
        try set(CURLOPT_WRITEFUNCTION) { data, size, count, target in
            deliver(data, size * count, to: target) { $0.receive(body: $1) }
        }
    }
}

/// Hands a callback's bytes to its buffer; an answer other than the count makes libcurl end the transfer.
private func deliver(
    _ data: UnsafeMutablePointer<CChar>?, _ count: Int, to target: UnsafeMutableRawPointer?,
    _ receive: (ResponseBuffer, UnsafeBufferPointer<UInt8>) -> Bool
) -> Int {
    guard count > 0, let data, let target else { return 0 }
    let response = Unmanaged<ResponseBuffer>.fromOpaque(target).takeUnretainedValue()
    let taken = data.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
        receive(response, UnsafeBufferPointer(start: bytes, count: count))
    }
    return taken ? count : 0
}

extension Duration {
    /// At least one, since libcurl reads zero as "no limit"; rounded up, and no more than a day.
    var wholeMilliseconds: Int {
        if self >= .seconds(86_400) { return 86_400_000 }
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
