import FundingCore
import FundingJSON
import PostgresDriver
import WebServer

/// The one shape of all errors: `detail` as clients of the API before this one read it, and `error` with a code that stays.
enum ErrorBody {
    private static let unprocessable = 422

    static let schema = JSONShape.named(
        JSONShape.Component(
            name: "Error",
            schema: [
                "detail": .either([.text, .list(.named(issue))]),
                "error": ["code": .text, "message": .text, "request_id": .text],
            ]))

    private static let issue = JSONShape.Component(
        name: "Issue", schema: ["type": .text, "loc": .list(.text), "msg": .text, "input": .text])

    static func response(to error: any Error, of request: WebRequest) -> WebResponse {
        if let invalid = error as? ValidationError { return response(to: invalid, of: request) }
        let known = webError(error)
        var response = WebResponse.json(
            body(code: known.code, message: known.message, request) { $0.value(known.message) }, status: known.status
        )
        for header in known.headers { response.setHeader(header.name, header.value) }
        return response
    }

    /// The status that an error is answered with.
    static func status(of error: any Error) -> Int {
        if error is ValidationError { return unprocessable }
        return webError(error).status
    }

    /// The one place where errors of other modules become answers. None of them says anything about itself.
    private static func webError(_ error: any Error) -> WebError {
        if let error = error as? WebError { return error }
        if error is SettingsRefused { return .settingsUnusable }
        guard let error = error as? PostgresError else { return .internalError }
        switch error.kind {
        case .connect, .connectionLost, .closed: return .databaseUnavailable
        case .poolTimeout: return .busy
        case .server(let state) where PostgresState.tooSlow.contains(state): return .busy
        case .server(let state) where PostgresState.shutdownClass.contains { state.hasPrefix($0) }:
            return .databaseUnavailable
        default: return .internalError
        }
    }

    private enum PostgresState {
        /// A statement or its wait for a lock took too long.
        static let tooSlow: Set = ["57014", "55P03"]
        /// The server is going down, coming up, a standby that cannot write, or out of connections.
        static let shutdownClass = ["57P", "53", "08", "25006"]
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

    /// The body of an error with members beside the usual ones.
    static func body(of error: WebError, _ request: WebRequest, with more: (inout JSONWriter) -> Void) -> [UInt8] {
        body(code: error.code, message: error.message, request, more: more) { $0.value(error.message) }
    }

    private static func body(
        code: String, message: String, _ request: WebRequest, more: (inout JSONWriter) -> Void = { _ in },
        detail: (inout JSONWriter) -> Void
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
        more(&writer)
        writer.endObject()
        return writer.bytes
    }
}

extension WebError {
    /// 503: Postgres is out of reach.
    static let databaseUnavailable = WebError(
        status: 503, code: "database_unavailable", message: "The database is out of reach; try again soon",
        headers: [Header("Retry-After", "2")]
    )

    /// 503: Postgres has more to do than it can.
    static let busy = WebError(
        status: 503, code: "unavailable", message: "The database is busy; try again soon",
        headers: [Header("Retry-After", "1")]
    )

    /// 500: what is stored as settings means nothing to this build, as after going back to an older one.
    static let settingsUnusable = WebError(
        status: 500, code: "settings_unusable",
        message:
            "The stored settings are not understood by this build; what `fundingctl settings get --stored` prints, "
            + "`fundingctl validate-config -` says what is wrong with")

    /// 503: the tables have not been read yet.
    static let notReadyYet = WebError(
        status: 503, code: "unavailable", message: "The market is not known yet; try again soon",
        headers: [Header("Retry-After", "2")]
    )
}
