public import Foundation

/// One of the suite's executables, as the build has put it beside the tests.
public struct CommandLineTool: Sendable {
    /// What a finished run has left.
    public struct Outcome: Sendable {
        public var status: Int32
        public var output: String
        public var errors: String
    }

    private let url: URL

    public init(_ name: String) throws {
        // The running program is `<package>PackageTests.xctest` in the build's folder.
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        url = tests.deletingLastPathComponent().appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw TestSupportError("\(url.path) is not there: build the package first")
        }
    }

    /// What the toolchain tells instrumented programs, such as where a coverage profile goes.
    private static let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
        name == "LD_LIBRARY_PATH" || name.hasPrefix("LLVM_PROFILE") || name.hasSuffix("SAN_OPTIONS")
    }

    /// Runs the tool with `environment`, and nothing of this process's that could change what it does, to its end.
    public func run(
        _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil, input: String = ""
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.environment = Self.inherited.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        let (input, given) = (Pipe(), Data(input.utf8))
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // All three at once: a pipe holds only so much, and whoever waits for the wrong one waits forever.
        async let written: Void = Self.aside {
            try input.fileHandleForWriting.write(contentsOf: given)
            try input.fileHandleForWriting.close()
        }
        async let outputData = Self.aside { try output.fileHandleForReading.readToEnd() ?? Data() }
        async let errorData = Self.aside { try errors.fileHandleForReading.readToEnd() ?? Data() }
        let (out, err) = (try await outputData, try await errorData)
        try await written
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: out, as: UTF8.self),
            errors: String(decoding: err, as: UTF8.self))
    }

    /// Blocking work on a thread of its own.
    private static func aside<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}
