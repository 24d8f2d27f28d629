import WebServer

/// One endpoint, declared once: from this come its route, its guards, its place in the index and in the OpenAPI document.
///
/// A part of the API declares its endpoints beside the functions that answer them, and `Routes` lists the parts:
///
///     private static let days = Parameter<Int>.integer("days", in: 1...90, default: 7, "How many days back.")
///
///     var endpoints: [Endpoint] {
///         [
///             .get("/api/things/{symbol*}", .history, "What it tells.", [Self.symbol, Self.days], answers: Self.schema, things)
///                 .guarded(by: .heavy).refusing(404)
///         ]
///     }
///
///     private func things(_ arguments: inout Arguments) async throws -> WebResponse {
///         let days = arguments[Self.days]
///         try arguments.finish()
///         …
///     }
struct Endpoint: Sendable {
    typealias Handler = @Sendable (inout Arguments) async throws -> WebResponse

    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    /// The document's chapters.
    enum Chapter: String, Sendable, CaseIterable {
        case service, rates, history, statistics, arbitrage, backfill, settings, alerts
    }

    /// A status that is no error, or an error with a body of its own, and what it carries.
    struct Answer: Sendable {
        var status: Int
        /// Nil for an answer without a body.
        var mediaType: String? = "application/json"
        /// Nil for what is no JSON.
        var schema: JSONShape?
        var summary: String
    }

    var method: Method
    /// As the router reads it: `{name}` is one segment, `{name*}` all that is left.
    var path: String
    var chapter: Chapter
    var summary: String
    let parameters: [any DeclaredParameter]
    /// Of all parameters, their other names included.
    let names: Set<String>
    /// What the body is, where it is a document of its own and not a few parameters.
    var document: JSONShape?
    var access: Access
    /// Whether the answer is at hand, so that the connection's event loop may give it.
    var isQuick = false
    var answers: [Answer]
    /// Statuses that the usual error body may come with, beside those that every endpoint of its kind has.
    var refusals: Set<Int> = []
    var handler: Handler

    init(
        _ method: Method, _ path: String, _ chapter: Chapter, _ summary: String,
        _ parameters: [any DeclaredParameter] = [], status: Int = 200, answers schema: JSONShape,
        _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.chapter = chapter
        self.summary = summary
        self.parameters = parameters
        names = Set(parameters.map(\.declaration).flatMap { [$0.name] + $0.aliases })
        self.handler = handler
        access = method == .get ? .read : .admin
        answers = [Answer(status: status, schema: schema, summary: "The answer.")]
    }

    static func get(
        _ path: String, _ chapter: Chapter, _ summary: String, _ parameters: [any DeclaredParameter] = [],
        answers schema: JSONShape, _ handler: @escaping Handler
    ) -> Endpoint {
        Endpoint(.get, path, chapter, summary, parameters, answers: schema, handler)
    }

    static func post(
        _ path: String, _ chapter: Chapter, _ summary: String, _ parameters: [any DeclaredParameter] = [],
        status: Int = 200, answers schema: JSONShape, _ handler: @escaping Handler
    ) -> Endpoint {
        Endpoint(.post, path, chapter, summary, parameters, status: status, answers: schema, handler)
    }

    static func put(
        _ path: String, _ chapter: Chapter, _ summary: String, _ parameters: [any DeclaredParameter] = [],
        answers schema: JSONShape, _ handler: @escaping Handler
    ) -> Endpoint {
        Endpoint(.put, path, chapter, summary, parameters, answers: schema, handler)
    }

    /// Something other than JSON in place of the answer's shape.
    static func page(
        _ path: String, _ mediaType: String, _ summary: String, _ parameters: [any DeclaredParameter] = [],
        in chapter: Chapter = .service, by handler: @escaping Handler
    ) -> Endpoint {
        var endpoint = Endpoint(.get, path, chapter, summary, parameters, answers: .anything, handler)
        endpoint.answers = [Answer(status: 200, mediaType: mediaType, schema: nil, summary: "The answer.")]
        return endpoint
    }

    /// A body that is a document of its own.
    func taking(_ document: JSONShape) -> Endpoint {
        var changed = self
        changed.document = document
        return changed
    }

    /// From what is at hand: the handler runs on the connection's event loop.
    var quick: Endpoint {
        var changed = self
        changed.isQuick = true
        return changed
    }

    func guarded(by access: Access) -> Endpoint {
        var changed = self
        changed.access = access
        return changed
    }

    /// Another status that it may answer with.
    func also(_ status: Int, _ schema: JSONShape, _ summary: String) -> Endpoint {
        also(status, "application/json", schema, summary)
    }

    /// Another body that it may answer with.
    func also(_ status: Int, _ mediaType: String?, _ schema: JSONShape?, _ summary: String) -> Endpoint {
        var changed = self
        changed.answers.append(Answer(status: status, mediaType: mediaType, schema: schema, summary: summary))
        return changed
    }

    /// Errors beside the usual ones.
    func refusing(_ statuses: Int...) -> Endpoint {
        var changed = self
        changed.refusals.formUnion(statuses)
        return changed
    }

    /// Where a client's parameters of one place are.
    func parameters(in place: ParameterDeclaration.Place) -> [ParameterDeclaration] {
        parameters.map(\.declaration).filter { $0.place == place }
    }
}

/// Who may call an endpoint, and out of which budget.
enum Access: Sendable {
    /// Anybody, uncounted: probes and pages.
    case open
    case read
    /// What costs Postgres more than a moment.
    case heavy
    /// Changes something: the operator.
    case admin
    /// Shows something that is nobody else's business: the operator.
    case adminRead
    /// The same, where it costs more than a moment.
    case adminHeavy

    var needsOperator: Bool {
        switch self {
        case .admin, .adminRead, .adminHeavy: true
        case .open, .read, .heavy: false
        }
    }
}
