/// What went wrong in the tests' own machinery.
public struct TestSupportError: Error, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// Asks again until `condition` holds; throws, naming the place, if it does not in time. Tests wait with this and never
/// sleep for luck.
public func eventually(
    within limit: Duration = .seconds(10), file: StaticString = #fileID, line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TestSupportError("\(file):\(line): not within \(limit)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}
