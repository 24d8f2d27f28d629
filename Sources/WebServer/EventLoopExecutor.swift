import NIOCore

/// Lets tasks run on an event loop: what only moves bytes between a connection and a handler needs no other thread, and
/// spares two changes of threads a request. Whatever takes longer has no place there.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
