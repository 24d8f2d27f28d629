import CLibpq
import Glibc

/// Threads for work that blocks, which must never happen on Swift's cooperative pool.
enum PosixThread {
    /// Starts a detached thread that ignores signals (they belong to the program's own handlers).
    ///
    /// - Returns: False if the system refused another thread; `body` then never runs.
    static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let boxed = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_SETMASK, &signals, nil)
                pgdriver_name_thread(body.name)
                body.run()
                return nil
            }, boxed.toOpaque())
        guard status == 0 else {
            boxed.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}
