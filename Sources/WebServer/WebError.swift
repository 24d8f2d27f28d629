/// A refusal that a handler throws and the router turns into an answer.
///
/// `code` is the stable machine-readable word, `message` the sentence for people. The message reaches the client,
/// so it must hold no internals.
public struct WebError: Error, Sendable, Equatable {
    /// The HTTP status of the answer.
    public var status: Int
    /// A stable word such as `not_found`.
    public var code: String
    /// A sentence that tells the client what was expected and what was found.
    public var message: String
    /// Header fields the answer must carry, such as `Allow` or `Retry-After`.
    public var headers: [Header]

    /// One header field of an error answer.
    public struct Header: Sendable, Equatable {
        /// The field's name.
        public var name: String
        /// The field's value.
        public var value: String

        /// Makes a field.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes an error with a status, a stable code and a sentence.
    public init(status: Int, code: String, message: String, headers: [Header] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    /// 400: the request does not make sense.
    public static func badRequest(_ message: String) -> WebError {
        WebError(status: 400, code: "bad_request", message: message)
    }

    /// 403: understood, and refused.
    public static func forbidden(_ message: String) -> WebError {
        WebError(status: 403, code: "forbidden", message: message)
    }

    /// 404: nothing is known by that name.
    public static func notFound(_ message: String = "No such resource") -> WebError {
        WebError(status: 404, code: "not_found", message: message)
    }

    /// 405: the path exists, but not for this method.
    public static func methodNotAllowed(_ method: String, allowed: [String]) -> WebError {
        WebError(
            status: 405, code: "method_not_allowed", message: "\(method) is not allowed here",
            headers: [Header("Allow", allowed.joined(separator: ", "))]
        )
    }

    /// 413: the request's body is longer than the limit.
    public static func tooLarge(limit: Int) -> WebError {
        WebError(status: 413, code: "too_large", message: "The request body is longer than \(limit) bytes")
    }

    /// 431: the request's head is longer than the server accepts.
    public static let headTooLarge = WebError(
        status: 431, code: "head_too_large", message: "The request's head is too long"
    )

    /// 500: the server failed; the request id leads to the log line.
    public static let internalError = WebError(status: 500, code: "internal", message: "Internal server error")
}
