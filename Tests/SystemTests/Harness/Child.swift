import Foundation

/// A process of ours, whose output goes to files.
actor Child {
    enum Ending: Equatable, CustomStringConvertible {
        case status(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .status(let status): "exit status \(status)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    nonisolated let name: String
    nonisolated let pid: pid_t
    nonisolated let output: URL
    nonisolated let errors: URL
    private var known: Ending?

    /// - Parameters:
    ///   - environment: all that the process gets.
    ///   - logs: the folder for `name.out` and `name.log`; both are appended to.
    init(_ name: String, _ command: [String], environment: [String: String], logs: URL) throws {
        self.name = name
        output = logs.appending(path: name + ".out")
        errors = logs.appending(path: name + ".log")
        // A working folder without a `.env` file.
        pid = try spawn(command, environment: environment, in: logs.path, output: output.path, errors: errors.path)
        Janitor.shared.note(pid)
    }

    deinit {
        if known == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    var isRunning: Bool { ending == nil }

    /// How it ended, or nil while it runs.
    var ending: Ending? {
        if known != nil { return known }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        known = status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
        return known
    }

    func send(_ signal: Int32) {
        if ending == nil { kill(pid, signal) }
    }

    /// Waits for the end.
    func ending(within limit: Duration) async throws -> Ending {
        try await eventually("\(name) (\(pid)) ends", within: limit, every: .milliseconds(20)) { ending }
    }

    /// Ends it with a signal and waits until it is gone.
    @discardableResult
    func end(_ signal: Int32, within limit: Duration = .seconds(10)) async throws -> Ending {
        send(signal)
        return try await ending(within: limit)
    }

    /// All it wrote to standard error.
    nonisolated var log: String {
        get throws { String(decoding: try Data(contentsOf: errors), as: UTF8.self) }
    }
}
