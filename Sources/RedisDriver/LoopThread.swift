import CHiredis
import Glibc

/// Starts the detached threads that the connection loops run on.
enum LoopThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a thread of its own that takes no signals: hiredis writes to sockets in a way that raises
    /// SIGPIPE, which must stay on this thread and unheard.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var blocked = sigset_t()
        var previous = sigset_t()
        sigfillset(&blocked)
        pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        precondition(status == 0, "pthread_create failed with \(status)")
        // Linux keeps 15 bytes of a thread's name; a longer one would be refused.
        pthread_setname_np(thread, String(decoding: "redis-\(name)".utf8.prefix(15), as: UTF8.self))
        pthread_detach(thread)
    }
}
