import Glibc

/// State behind a mutex.
///
/// It is a pthread mutex because the thread sanitizer knows what one does and reports correct uses of
/// `Synchronization.Mutex` as races.
///
/// Unchecked: `state` is only touched between lock and unlock.
final class Locked<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var state: State

    init(_ state: State) {
        self.state = state
        let failure = pthread_mutex_init(mutex, nil)
        precondition(failure == 0, "a mutex could not be made: error \(failure)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }
}
