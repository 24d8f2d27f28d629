import Foundation
import FundingCore
import FundingJSON
import Logging

/// One event as one line of text.
struct LogLine: Sendable {
    var service: String
    var format: LogFormat
    var isJournal: Bool

    /// No fact may make a line longer than this: bodies and statements are cut.
    private static let longestFact = 400

    func text(_ level: Logger.Level, _ message: String, _ facts: Logger.Metadata, at time: Date) -> String {
        let facts = facts.sorted { $0.key < $1.key }.map { ($0.key, String("\($0.value)".prefix(Self.longestFact))) }
        switch format {
        case .logfmt: return logfmt(level, message, facts, time)
        case .json: return json(level, message, facts, time)
        case .pretty: return pretty(level, message, facts, time)
        }
    }

    private func logfmt(_ level: Logger.Level, _ message: String, _ facts: [(String, String)], _ time: Date) -> String {
        let head = isJournal ? "<\(level.journalPriority)>" : "ts=\(Timestamp.text(time)) "
        let tail = facts.map { " \($0)=\(Self.quoted($1))" }.joined()
        return "\(head)level=\(level) service=\(service) msg=\(Self.quoted(message))\(tail)"
    }

    private func json(_ level: Logger.Level, _ message: String, _ facts: [(String, String)], _ time: Date) -> String {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.field("ts", Timestamp.text(time))
        writer.field("level", level.rawValue)
        writer.field("service", service)
        writer.field("msg", message)
        for (name, value) in facts {
            writer.key(name)
            writer.value(value)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func pretty(_ level: Logger.Level, _ message: String, _ facts: [(String, String)], _ time: Date) -> String {
        let clock = Timestamp.text(time).dropFirst(11).dropLast()
        let level = level.rawValue.uppercased().padding(toLength: 7, withPad: " ", startingAt: 0)
        return "\(clock) \(level) \(message)" + facts.map { "  \($0)=\(Self.quoted($1))" }.joined()
    }

    /// Quotes what would not read as one word.
    private static func quoted(_ text: String) -> String {
        let marks: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "=")]
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !marks.contains($0) }
        guard !isPlain else { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case let control where control.value < 0x20 || control.value == 0x7F: quoted += "\\u{\(control.value)}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Logger.Level {
    /// The syslog severity that journald reads from a line's beginning.
    fileprivate var journalPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
