import CLibcurl
import Glibc

/// The thread a multi handle lives on.
struct EngineThread: Sendable {
    private let thread: pthread_t

    /// Starts a thread that runs `body` once.
    ///
    /// Signals stay with the other threads: the process's handlers are not this loop's business, and a connection that
    /// breaks under OpenSSL's `write` would otherwise raise SIGPIPE, from which libcurl does not protect.
    init(name: String, body: @escaping @Sendable () -> Void) {
        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

        let work = Unmanaged.passRetained(Work(name: name, body: body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                curl_driver_name_thread(work.name)
                work.body()
                return nil
            },
            work.toOpaque()
        )
        precondition(failure == 0, "no thread for HTTP transfers could be started: error \(failure)")
        self.thread = thread
    }

    /// Waits until the thread has ended. To be called once, and not after `detach()`.
    func join() {
        pthread_join(thread, nil)
    }

    /// Lets the thread end by itself.
    func detach() {
        pthread_detach(thread)
    }
}

private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
