import FundingRuntime

/// The making of a value for all who want it meanwhile. Whoever is cancelled waits no longer; when nobody waits any more,
/// the making is cancelled as well.
final class Flight<Value: Sendable>: Sendable {
    private struct State {
        var making: Task<Void, Never>?
        var result: Result<Value, any Error>?
        /// How many want the value, those on their way to `waiting` included.
        var passengers = 1
        var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
        var lastID = 0

        var isUnderWay: Bool { result == nil && passengers > 0 }
    }

    private let state = Lock(State())

    /// Begins at once. Whoever begins it must wait for it.
    init(_ make: @escaping @Sendable () async throws -> Value) {
        let making = Task {
            do { self.land(.success(try await make())) } catch { self.land(.failure(error)) }
        }
        state.withLock { $0.making = making }
    }

    /// Whether it has neither ended nor been given up.
    var isUnderWay: Bool { state.withLock(\.isUnderWay) }

    /// Announces one more who then waits for it.
    /// - Returns: whether it is still under way; if not, another must be begun.
    func join() -> Bool {
        state.withLock { state in
            guard state.isUnderWay else { return false }
            state.passengers += 1
            return true
        }
    }

    /// Waits for the value.
    /// - Throws: what the making throws; `CancellationError` as soon as the waiting task is cancelled.
    func value() async throws -> Value {
        defer { leave() }
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    if let result = state.result { return result }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    private func leave() {
        let abandoned = state.withLock { state -> Task<Void, Never>? in
            state.passengers -= 1
            return state.isUnderWay ? nil : state.making
        }
        abandoned?.cancel()
    }

    private func land(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state in
            state.result = result
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(with: result) }
    }
}
