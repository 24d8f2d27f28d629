import Foundation
public import Logging

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `level=info service=collector msg="poll finished" feed=bybit contracts=625`
    case logfmt
    case json
    /// For eyes on a terminal.
    case pretty
}

/// Writes one line an event to standard error with one `write(2)`, so that lines of threads never mix and a blocked
/// reader never holds a lock.
public struct SuiteLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let line: LogLine

    /// - Parameters:
    ///   - service: names the process in every line.
    ///   - isJournal: journald stamps and ranks lines itself: no time then, but its `<n>` prefix.
    public init(service: String, level: Logger.Level, format: LogFormat, isJournal: Bool) {
        logLevel = level
        line = LogLine(service: service, format: format, isJournal: isJournal)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var facts = metadata
        if let more = event.metadata { facts.merge(more) { $1 } }
        if let error = event.error { facts["error"] = .string("\(error)") }
        var bytes = Array(line.text(event.level, event.message.description, facts, at: Date()).utf8)
        bytes.append(UInt8(ascii: "\n"))
        // A log that cannot be written must not stop the service: what the kernel does not take is dropped.
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
