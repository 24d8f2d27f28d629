/// Parameters that are not what they should be: all of them at once, answered with 422.
struct ValidationError: Error, Sendable {
    struct Issue: Sendable, Equatable {
        /// A stable word such as `int_parsing`.
        var type: String
        /// The parameter's name.
        var parameter: String
        var message: String
        /// What was sent.
        var input: String
        /// `query` or `path`.
        var place = "query"
    }

    var issues: [Issue]
}
