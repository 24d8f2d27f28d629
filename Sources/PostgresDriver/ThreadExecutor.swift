/// Runs an actor's work on one thread of its own, so that a blocking C call inside the actor blocks nobody else.
///
/// The thread keeps the executor alive, and the actor ends the thread with `stop()` when it goes away.
final class ThreadExecutor: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isStopped = false
    }

    private let monitor = Monitor(State())

    /// - Returns: Nil if the system refused another thread.
    static func start(named name: String) -> ThreadExecutor? {
        let executor = ThreadExecutor()
        return PosixThread.start(named: name) { executor.run() } ? executor : nil
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        monitor.update { $0.jobs.append(job) }
    }

    /// Ends the thread after the work already given to it.
    func stop() {
        monitor.update { $0.isStopped = true }
    }

    private func run() {
        while let jobs = nextJobs() {
            for job in jobs {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
        }
    }

    /// Waits for work; nil when stopped and nothing is left.
    private func nextJobs() -> [UnownedJob]? {
        let jobs: [UnownedJob]? = monitor.wait { state in
            guard !state.jobs.isEmpty || state.isStopped else { return nil }
            defer { state.jobs = [] }
            return state.jobs
        }
        guard let jobs, !jobs.isEmpty else { return nil }
        return jobs
    }
}
