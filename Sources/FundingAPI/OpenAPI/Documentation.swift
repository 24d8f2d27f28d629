import WebServer

/// The API's description of all its endpoints but these.
struct Documentation: Sendable {
    /// Seconds; it changes with the program only.
    private static let maxAge = 300

    /// Redoc puts these two texts, the first of them empty, into its page and makes its styles from there.
    private static let styles = [
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc=",
    ]

    let endpoints: [Endpoint]

    /// - Parameter pages: holds the pages that show the description; nil: there are none.
    init(of described: [Endpoint], pages: StaticFiles?) {
        let body = PreparedBody(
            OpenAPIDocument(endpoints: described).encoded(), contentType: "application/json", maxAge: Self.maxAge)
        let live = PreparedBody(
            AsyncAPIDocument().encoded(), contentType: "application/json", maxAge: Self.maxAge)
        endpoints = [
            .page("/openapi.json", "application/json", "The API's description in OpenAPI 3.1.") { _ in .prepared(body) }
                .guarded(by: .open),
            .page("/asyncapi.json", "application/json", "The live feed's description in AsyncAPI 3.0.") { _ in
                .prepared(live)
            }.guarded(by: .open),
            Self.page("/docs", of: pages, "The API's description as a page to read and to try."),
            Self.page(
                "/redoc", of: pages, "The API's description as a page to read.", PagePolicy.policy(styles: Self.styles)),
        ]
    }

    /// Where there is no page, the description itself.
    private static func page(
        _ path: String, of pages: StaticFiles?, _ summary: String, _ policy: String = PagePolicy.usual
    ) -> Endpoint {
        .page(path, "text/html", summary) { arguments in
            var file = arguments.request
            file.path = path + "/index.html"
            var response = try pages?.response(to: file) ?? .redirect(to: "/openapi.json")
            response.setHeader("Content-Security-Policy", policy)
            return response
        }.guarded(by: .open).also(307, nil, nil, "There is no page here, but the description itself is elsewhere.")
    }
}
