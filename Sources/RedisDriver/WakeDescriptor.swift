import CHiredis
import Glibc

/// An eventfd that ends the loop's `poll(2)` from any thread.
final class WakeDescriptor: Sendable {
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "eventfd failed with errno \(errno)")
    }

    deinit {
        close(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        // The only failure, a full counter, means that the loop is being woken already.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Takes back all signals so far.
    func drain() {
        var count: UInt64 = 0
        // An empty counter is no error here: there was nothing to take back.
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
