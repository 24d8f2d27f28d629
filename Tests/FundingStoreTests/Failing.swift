import Testing

/// Expects `body` to throw an error whose description holds `part`.
func expectFailure(
    _ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch {
        let description = "\(error)"
        #expect(description.contains(part), sourceLocation: sourceLocation)
    }
}
