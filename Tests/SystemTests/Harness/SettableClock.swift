import Foundation

/// A wall clock that a test sets while the program runs; its monotonic clock goes on as ever.
struct SettableClock {
    private let offset: URL

    init(in folder: URL) throws {
        offset = folder.appending(path: "clock-\(UInt32.random(in: 0...UInt32.max))")
        try set("+0")
    }

    var environment: [String: String] {
        ["LD_PRELOAD": Programs.path("libSteppedClock.so"), "STEPPED_CLOCK_FILE": offset.path]
    }

    /// - Parameter seconds: how far the clock is ahead of the real one.
    func set(_ seconds: String) throws {
        // Replaced as a whole: the program must not read half of it.
        try Data("\(seconds)\n".utf8).write(to: offset, options: .atomic)
    }
}
