import Glibc

/// A value behind a mutex, with a condition to wait for.
///
/// `Synchronization.Mutex` would do for the lock alone, but the thread sanitizer reports correct uses of it.
/// Unchecked: `state` is touched only between `lock` and `unlock` of the mutex, which lives at a fixed address.
final class Monitor<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the value; nobody is woken.
    func withLock<T, E: Error>(_ body: (inout State) throws(E) -> T) throws(E) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Changes the value and wakes every thread that waits for it.
    func update(_ body: (inout State) -> Void) {
        pthread_mutex_lock(mutex)
        body(&state)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks the thread until `take` returns something.
    ///
    /// - Returns: What `take` returned, or nil once `limit` has passed (without one, it waits for ever).
    func wait<T>(atMost limit: Duration? = nil, until take: (inout State) -> T?) -> T? {
        var deadline = timespec()
        if let limit {
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            let nanoseconds = deadline.tv_nsec + Int(limit.milliseconds % 1000) * 1_000_000
            deadline.tv_sec += Int(limit.milliseconds / 1000) + nanoseconds / 1_000_000_000
            deadline.tv_nsec = nanoseconds % 1_000_000_000
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let taken = take(&state) { return taken }
            if limit == nil {
                pthread_cond_wait(condition, mutex)
            } else if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return take(&state)
            }
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a small positive time never becomes "no time".
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let part = attoseconds / 1_000_000_000_000_000
        return seconds * 1000 + part + (attoseconds % 1_000_000_000_000_000 > 0 ? 1 : 0)
    }
}
