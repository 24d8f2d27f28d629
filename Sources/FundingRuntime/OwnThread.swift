import Dispatch

/// Lets tasks run beside the threads that all others share: what must not wait while those are busy.
///
/// As many threads as there are processors serve all tasks of a process. Where each of them is at something that takes its
/// time, such as reading a message of megabytes, whatever else has come waits until it is over; on a thread of its own it
/// waits for a processor only, which the kernel hands round.
public final class OwnThread: TaskExecutor {
    private let queue: DispatchQueue

    /// - Parameter name: the queue's, for whoever looks with a debugger.
    public init(named name: String) {
        // Another class of service has other threads.
        queue = DispatchQueue(label: name, qos: .userInteractive)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
