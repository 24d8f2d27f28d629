import FundingJSON
import WebServer

/// The one shape of all errors: `detail` as the seed's clients read it, and `error` with a code that stays.
enum ErrorBody {
    private static let unprocessable = 422

    static func response(to error: any Error, of request: WebRequest) -> WebResponse {
        if let invalid = error as? ValidationError { return response(to: invalid, of: request) }
        let known = error as? WebError ?? .internalError
        return .json(
            body(code: known.code, message: known.message, request) { $0.value(known.message) }, status: known.status
        )
    }

    private static func response(to invalid: ValidationError, of request: WebRequest) -> WebResponse {
        let message = invalid.issues.map { "\($0.parameter): \($0.message)" }.joined(separator: "; ")
        let bytes = body(code: "validation_error", message: message, request) { writer in
            writer.beginArray()
            for issue in invalid.issues {
                writer.beginObject()
                writer.field("type", issue.type)
                writer.field("loc", [issue.place, issue.parameter])
                writer.field("msg", issue.message)
                writer.field("input", issue.input)
                writer.endObject()
            }
            writer.endArray()
        }
        return .json(bytes, status: unprocessable)
    }

    private static func body(
        code: String, message: String, _ request: WebRequest, detail: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.key("detail")
        detail(&writer)
        writer.key("error")
        writer.beginObject()
        writer.field("code", code)
        writer.field("message", message)
        writer.field("request_id", request.requestID)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

extension WebError {
    /// 503: the tables have not been read yet.
    static let notReadyYet = WebError(
        status: 503, code: "unavailable", message: "The market is not known yet; try again soon",
        headers: [Header("Retry-After", "2")]
    )
}
