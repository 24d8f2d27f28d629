import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// What SIGTERM and SIGINT mean to a process: nothing to finish yet, so end at once; services run, so let them finish; a second
/// time, do not wait for them.
actor EndRequests {
    static let shared = EndRequests()

    private var group: ServiceGroup?
    private var label = ""
    private var watch: Task<Void, Never>?
    private var count = 0

    /// From now on a signal ends the process at once, and in good order.
    func heed(_ label: String) async {
        self.label = label
        guard watch == nil else { return }
        watch = Task {}
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        watch = Task { for await _ in signals { await endOnce() } }
    }

    /// From now on the first signal ends `group`.
    func heed(_ group: ServiceGroup, _ label: String) async {
        self.group = group
        await heed(label)
    }

    private func endOnce() async {
        guard let group else {
            Logger(label: label).notice("told to end before it was ready")
            _exit(EXIT_SUCCESS)
        }
        count += 1
        guard count == 1 else {
            Logger(label: label).notice("ended by a second signal")
            _exit(ServiceProcess.failureStatus)
        }
        await group.triggerGracefulShutdown()
    }
}
