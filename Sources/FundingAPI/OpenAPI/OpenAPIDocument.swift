import FundingJSON
import FundingRuntime

/// The API's description in OpenAPI 3.1, made from the endpoints that the router serves.
struct OpenAPIDocument {
    static let version = "3.1.0"

    private enum Schemes {
        static let bearer = "adminToken"
        static let key = "adminKey"
    }

    let endpoints: [Endpoint]

    /// The document as JSON.
    func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 128 << 10)
        writer.beginObject()
        writer.field("openapi", Self.version)
        writer.key("info")
        writer.beginObject()
        writer.field("title", "Funding Suite API")
        writer.field("version", ServiceProcess.version)
        writer.field("summary", "Funding rates of perpetual futures across exchanges: live, settled, compared.")
        writer.field(
            "description",
            "Rates are fractions per the contract's own interval (0.0001 is 0.01 %), APR is percent a year, open interest "
                + "is US dollars, times are UTC. `null` means unknown; 0 means zero. Live changes: `/ws`, described in "
                + "`/asyncapi.json`, and `/api/events`.")
        writer.endObject()
        writer.key("tags")
        writer.beginArray()
        for chapter in Endpoint.Chapter.allCases where endpoints.contains(where: { $0.chapter == chapter }) {
            writer.beginObject()
            writer.field("name", chapter.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writePaths(to: &writer)
        writeComponents(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// A route's path as OpenAPI writes it.
    static func path(_ pattern: String) -> String { pattern.replacing("*}", with: "}") }

    private func writePaths(to writer: inout JSONWriter) {
        var paths: [String] = []
        for endpoint in endpoints where !paths.contains(endpoint.path) { paths.append(endpoint.path) }
        writer.key("paths")
        writer.beginObject()
        for path in paths {
            writer.key(Self.path(path))
            writer.beginObject()
            for endpoint in endpoints where endpoint.path == path {
                writer.key(endpoint.method.rawValue.lowercased())
                write(endpoint, to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    private func write(_ endpoint: Endpoint, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("operationId", Self.identifier(of: endpoint))
        writer.field("summary", endpoint.summary)
        writer.field("tags", [endpoint.chapter.rawValue])
        let parameters = endpoint.parameters(in: .path) + endpoint.parameters(in: .query)
        if !parameters.isEmpty {
            writer.key("parameters")
            writer.beginArray()
            for parameter in parameters { Self.write(parameter, to: &writer) }
            writer.endArray()
        }
        let body = endpoint.parameters(in: .body)
        if !body.isEmpty {
            Self.write(body: body, to: &writer)
        } else if let document = endpoint.document {
            Self.write(document: document, to: &writer)
        }
        if endpoint.access.needsOperator {
            writer.key("security")
            writer.beginArray()
            for scheme in [Schemes.bearer, Schemes.key] {
                writer.beginObject()
                writer.key(scheme)
                writer.value([String]())
                writer.endObject()
            }
            writer.endArray()
        }
        writer.key("responses")
        writer.beginObject()
        for answer in Dictionary(grouping: endpoint.answers, by: \.status).sorted(by: { $0.key < $1.key }) {
            writer.key("\(answer.key)")
            Self.write(answer.value, to: &writer)
        }
        let answered = Set(endpoint.answers.map(\.status))
        for status in endpoint.documentedRefusals.subtracting(answered).sorted() {
            writer.key("\(status)")
            writer.beginObject()
            writer.field("$ref", "#/components/responses/Error\(status)")
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    /// `get_api_historical_symbol` for `GET /api/historical/{symbol*}`.
    private static func identifier(of endpoint: Endpoint) -> String {
        let words = endpoint.path.split { !$0.isLetter && !$0.isNumber }
        return ([endpoint.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private static func write(_ parameter: ParameterDeclaration, to writer: inout JSONWriter) {
        for (position, name) in ([parameter.name] + parameter.aliases).enumerated() {
            writer.beginObject()
            writer.field("name", name)
            writer.field("in", parameter.place.rawValue)
            writer.field(
                "description", position == 0 ? parameter.summary : "The same as `\(parameter.name)`.")
            if parameter.isRequired { writer.field("required", true) }
            writer.key("schema")
            write(schemaOf: parameter, to: &writer)
            writer.endObject()
        }
    }

    private static func write(schemaOf parameter: ParameterDeclaration, to writer: inout JSONWriter) {
        writer.beginObject()
        // In a body, null says no more than silence.
        let mayBeNull = parameter.place == .body && !parameter.isRequired
        (mayBeNull ? parameter.schema.orNull : parameter.schema).writeMembers(to: &writer)
        if case .text = parameter.schema, parameter.place == .path { writer.field("minLength", 1) }
        if let fallback = parameter.fallback {
            writer.key("default")
            writer.raw(fallback)
        }
        writer.endObject()
    }

    private static func write(document: JSONShape, to writer: inout JSONWriter) {
        writer.key("requestBody")
        writer.beginObject()
        writer.field("required", true)
        writer.key("content")
        writer.beginObject()
        writer.key("application/json")
        writer.beginObject()
        writer.field("schema", document)
        for _ in 0..<3 { writer.endObject() }
    }

    private static func write(body members: [ParameterDeclaration], to writer: inout JSONWriter) {
        writer.key("requestBody")
        writer.beginObject()
        let required = members.filter(\.isRequired).map(\.name)
        writer.field("required", !required.isEmpty)
        writer.key("content")
        writer.beginObject()
        writer.key("application/json")
        writer.beginObject()
        writer.key("schema")
        writer.beginObject()
        writer.field("type", "object")
        if !required.isEmpty { writer.field("required", required) }
        writer.key("properties")
        writer.beginObject()
        for member in members {
            writer.key(member.name)
            write(schemaOf: member, to: &writer)
        }
        writer.endObject()
        for _ in 0..<4 { writer.endObject() }
    }

    private static func write(_ answers: [Endpoint.Answer], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("description", answers[0].summary)
        writer.key("content")
        writer.beginObject()
        for answer in answers {
            guard let mediaType = answer.mediaType else { continue }
            writer.key(mediaType)
            writer.beginObject()
            writer.key("schema")
            if let schema = answer.schema {
                schema.write(to: &writer)
            } else {
                JSONShape.text.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    // MARK: Components

    private func writeComponents(to writer: inout JSONWriter) {
        let answers = endpoints.flatMap(\.answers).compactMap(\.schema)
        writer.key("components")
        writer.beginObject()
        writer.schemas(of: answers + [ErrorBody.schema])
        writer.key("responses")
        writer.beginObject()
        for (status, meaning) in Self.refusals.sorted(by: { $0.key < $1.key }) {
            writer.key("Error\(status)")
            Self.write([Endpoint.Answer(status: status, schema: ErrorBody.schema, summary: meaning)], to: &writer)
        }
        writer.endObject()
        writer.key("securitySchemes")
        writer.beginObject()
        writer.key(Schemes.bearer)
        writer.beginObject()
        writer.field("type", "http")
        writer.field("scheme", "bearer")
        writer.endObject()
        writer.key(Schemes.key)
        writer.beginObject()
        writer.field("type", "apiKey")
        writer.field("in", "header")
        writer.field("name", "X-API-Key")
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    /// What an error's status says, whoever refuses.
    static let refusals = [
        400: "The request does not make sense.", 401: "The admin token is missing or wrong.",
        403: "Not from here: another machine without a token, or a page of a foreign origin.",
        404: "Nothing is known by that name.", 409: "Something else is going on that this would get in the way of.",
        413: "The body is longer than 256 KiB.", 415: "The body is not JSON.",
        422: "Parameters are not what they should be; all faults are listed.",
        429: "Asked too often; `Retry-After` says when to ask again.",
        503:
            "Postgres is out of reach, or busy, or the tables have not been read yet; `Retry-After` says when to ask again.",
    ]
}

extension JSONWriter {
    /// Writes the member that holds every component that some shapes refer to.
    mutating func schemas(of shapes: [JSONShape]) {
        let components = Dictionary(shapes.flatMap(\.components).map { ($0.name, $0.schema) }) { first, _ in first }
        key("schemas")
        beginObject()
        for (name, schema) in components.sorted(by: { $0.key < $1.key }) {
            key(name)
            value(schema)
        }
        endObject()
    }
}

extension Endpoint {
    /// Every status that the usual error body may come with.
    var documentedRefusals: Set<Int> {
        var statuses = refusals.union([400])
        if access != .open { statuses.formUnion([429, 503]) }
        if access.needsOperator { statuses.formUnion([401, 403]) }
        if method != .get { statuses.formUnion([413, 415]) }
        if !parameters.isEmpty { statuses.insert(422) }
        return statuses
    }
}
