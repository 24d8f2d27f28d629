/// Probes until something comes, and fails when the time is over. What the probe throws counts as "not yet": while
/// servers are down, asking them fails.
@discardableResult
nonisolated(nonsending) func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(15), every pause: Duration = .milliseconds(100),
    _ probe: nonisolated(nonsending) () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    var last: (any Error)?
    while true {
        do {
            if let value = try await probe() { return value }
            last = nil
        } catch {
            last = error
        }
        guard ContinuousClock.now < deadline else {
            throw Failure("not within \(limit): \(what)" + (last.map { "; last error: \($0)" } ?? ""))
        }
        try await Task.sleep(for: pause)
    }
}

/// Probes until a condition holds, and fails when the time is over.
nonisolated(nonsending) func eventually(
    _ what: String, within limit: Duration = .seconds(15), every pause: Duration = .milliseconds(100),
    holds condition: nonisolated(nonsending) () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, every: pause) { try await condition() ? true : nil }
}
