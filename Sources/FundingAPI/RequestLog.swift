import Logging
import WebServer

/// One line a request at debug, and at warning for those that took too long.
struct RequestLog: Sendable {
    /// `RequestMeter.budget` is what a request should take; beyond this somebody should look.
    private static let slow = Duration.milliseconds(250)

    let logger: Logger

    func note(_ request: RequestSummary) {
        let isSlow = request.duration > Self.slow && !request.isStream
        logger.log(
            level: isSlow ? .warning : .debug, isSlow ? "slow request" : "request",
            metadata: [
                "method": "\(request.method)", "route": "\(request.routePattern ?? "-")", "status": "\(request.status)",
                "ms": "\(Int(request.duration / .milliseconds(1)))", "bytes": "\(request.bytes)",
                "request_id": "\(request.requestID)",
            ]
        )
    }
}
