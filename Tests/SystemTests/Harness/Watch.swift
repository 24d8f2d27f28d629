/// Looks again and again, beside a test, until the test has seen enough.
///
/// It ends between two looks. Cancelling would cut one off, whose error then reads as if the database had failed.
actor Watch<Finding: Sendable> {
    private var finding: Finding
    private var isOver = false
    private var looking: Task<Void, any Error>?

    init(
        startingWith finding: Finding, every pause: Duration,
        look: @escaping @Sendable (inout Finding) async throws -> Void
    ) async {
        self.finding = finding
        looking = Task { try await run(every: pause, look) }
    }

    private func run(
        every pause: Duration, _ look: @Sendable (inout Finding) async throws -> Void
    ) async throws {
        while !isOver {
            var next = finding
            try await look(&next)
            finding = next
            try await Task.sleep(for: pause)
        }
    }

    /// What was found.
    /// - Throws: the error of the look that failed.
    func end() async throws -> Finding {
        isOver = true
        try await looking?.value
        return finding
    }
}
