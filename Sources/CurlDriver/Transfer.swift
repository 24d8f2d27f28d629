import CLibcurl
import Synchronization

/// One request on its way, from the call to its answer.
///
/// Unchecked: what is mutable belongs to the engine's thread from the moment the transfer is handed over, and nobody
/// else reads it. `cancelled` is the exception, and atomic.
final class Transfer: @unchecked Sendable {
    typealias Outcome = Result<HTTPResponse, HTTPFetchError>

    let request: HTTPRequest
    let endpoint: Endpoint
    let startedAt: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant

    /// The handle it runs on; nil while it waits for a connection and after it ended.
    var handle: EasyHandle?
    let response: ResponseBuffer

    private var queued = Duration.zero
    private var continuation: CheckedContinuation<Outcome, Never>?
    private let cancelled = Atomic(false)

    init(_ request: HTTPRequest) throws(HTTPFetchError) {
        self.request = request
        endpoint = try Endpoint(of: request)
        startedAt = .now
        deadline = startedAt + request.totalTimeout
        response = ResponseBuffer(bodyLimit: request.maximumBodyBytes)
    }

    /// Remembers whom to tell.
    func await(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = continuation
    }

    /// Takes its place on a connection.
    func run(on handle: EasyHandle) {
        self.handle = handle
        queued = startedAt.duration(to: .now)
    }

    /// Gives its caller the outcome. To be called once.
    func end(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    /// Whether the caller has lost interest.
    var isCancelled: Bool {
        cancelled.load(ordering: .acquiring)
    }

    /// Notes that the caller has lost interest. To be called before the engine is told, which may be before it is told
    /// of the transfer itself.
    func markCancelled() {
        cancelled.store(true, ordering: .releasing)
    }

    /// What a transfer that libcurl finished on this handle comes to.
    func outcome(_ code: CURLcode, on handle: EasyHandle) -> Outcome {
        guard code == CURLE_OK else {
            return .failure(failure(code, on: handle))
        }
        let timing = HTTPTiming(
            queued: queued,
            connect: max(handle.duration(CURLINFO_CONNECT_TIME_T), handle.duration(CURLINFO_APPCONNECT_TIME_T)),
            firstByte: handle.duration(CURLINFO_STARTTRANSFER_TIME_T),
            total: handle.duration(CURLINFO_TOTAL_TIME_T)
        )
        return .success(
            HTTPResponse(
                status: handle.number(CURLINFO_RESPONSE_CODE),
                headers: response.headers,
                body: response.body,
                timing: timing,
                wireBytes: handle.size(CURLINFO_SIZE_DOWNLOAD_T) + handle.number(CURLINFO_HEADER_SIZE)
            )
        )
    }

    /// What a failure of libcurl's means.
    func failure(_ code: CURLcode, on handle: EasyHandle?) -> HTTPFetchError {
        HTTPFetchError(
            code: code,
            request: endpoint.display,
            detail: handle?.detail ?? "",
            response: response,
            proxyStatus: handle?.number(CURLINFO_HTTP_CONNECTCODE) ?? 0
        )
    }

    /// What a failure of our own making means: `reason` completes "GET https://host/path: ...".
    func failure(_ kind: HTTPFetchError.Kind, _ reason: String) -> HTTPFetchError {
        HTTPFetchError(kind: kind, message: "\(endpoint.display): \(reason)")
    }
}
