import FundingRuntime
import Logging

/// Remembers what is logged.
final class LogLines: Sendable {
    private let lines = Lock<[(level: Logger.Level, message: String)]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    /// At which levels a message was logged, in order.
    func levels(of message: String) -> [Logger.Level] {
        lines.withLock { $0.filter { $0.message == message }.map(\.level) }
    }

    private func note(_ event: LogEvent) {
        lines.withLock { $0.append((event.level, event.message.description)) }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var logLevel = Logger.Level.debug
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.note(event) }
    }
}
