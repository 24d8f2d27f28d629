/// Sends HTTP requests, any number at a time, and keeps WebSockets, all on one thread of libcurl's.
///
/// Connections are HTTP/1.1 and kept alive. A host has at most `connectionsPerHost`; further requests to it wait in
/// line, and their waiting counts towards their deadline. TLS certificates are always verified against the system's
/// authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`. A proxy is taken from the environment as curl does:
/// `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`.
public final class HTTPFetcher: Sendable {
    let engine: Engine

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - userAgent: the `User-Agent` of every request.
    ///   - connectionsPerHost: how many requests run at one scheme, host and port at a time.
    ///   - maximumInFlight: how many requests may run and wait altogether; one more fails as `.overloaded`.
    ///   - maximumWebSockets: how many WebSockets may be open; one more fails as `.overloaded`.
    public init(
        userAgent: String, connectionsPerHost: Int = 4, maximumInFlight: Int = 256, maximumWebSockets: Int = 512
    ) {
        precondition(connectionsPerHost > 0, "a host needs at least one connection")
        precondition(maximumInFlight > 0, "a fetcher needs room for at least one request")
        precondition(maximumWebSockets >= 0, "a fetcher cannot have less than no WebSockets")
        engine = Engine(
            userAgent: userAgent, connectionsPerHost: connectionsPerHost, maximumInFlight: maximumInFlight,
            maximumWebSockets: maximumWebSockets)
    }

    deinit {
        engine.abandon()
    }

    /// Sends a request and returns the whole answer, whatever its status.
    ///
    /// - Throws: `HTTPFetchError`, of kind `.cancelled` as soon as the calling task is.
    public func fetch(_ request: HTTPRequest) async throws(HTTPFetchError) -> HTTPResponse {
        let transfer = try Transfer(request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                engine.start(transfer, continuation)
            }
        } onCancel: {
            engine.cancel(transfer)
        }
        return try outcome.get()
    }

    /// Fails everything in flight with `.closed`, ends all WebSockets and the thread. Returns when it is gone; may be called again.
    public func close() async {
        await engine.close()
    }
}
