import Foundation

/// A named place where a test may end the process, as a crash there would: `FUNDING_FAILPOINT=after_commit:kill`, or
/// `after_commit:kill:3` for the third time it is passed. Without the variable it costs one comparison.
public enum Failpoint {
    private static let armed: (name: String, after: Int)? = {
        guard let text = ProcessInfo.processInfo.environment["FUNDING_FAILPOINT"] else { return nil }
        let parts = text.split(separator: ":")
        guard parts.count >= 2, parts[1] == "kill" else { return nil }
        return (String(parts[0]), parts.count > 2 ? Int(parts[2]) ?? 1 : 1)
    }()

    private static let passed = Counter()

    /// Ends the process by SIGKILL if this is the place and the time.
    public static func pass(_ name: StaticString) {
        guard let armed, armed.name == "\(name)", passed.next() == armed.after else { return }
        kill(getpid(), SIGKILL)
    }

    private final class Counter: Sendable {
        private let lock = Lock(0)

        func next() -> Int {
            lock.withLock {
                $0 += 1
                return $0
            }
        }
    }
}
