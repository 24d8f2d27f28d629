import Foundation

/// A value that one thread at a time may touch. Over `pthread_mutex`, because the thread sanitizer reports correct code
/// over `Synchronization.Mutex` as races.
public final class Lock<Value>: @unchecked Sendable {
    // Invariant: `value` is only touched between lock and unlock of `mutex`, which lives at a fixed address.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    public init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deinitialize(count: 1)
        mutex.deallocate()
    }

    /// Never call anything that may wait inside.
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
