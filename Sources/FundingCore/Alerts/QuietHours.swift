public import Foundation
import FundingJSON

/// A time of day, in UTC, at which nothing may fire: `22:00-06:00`. It may pass midnight; its end does not belong to it.
public struct QuietHours: Hashable, Sendable, CustomStringConvertible {
    /// Minutes after midnight.
    public let start: Int
    /// Minutes after midnight; 1440 for the day's end.
    public let end: Int

    private static let minutesPerDay = 1440

    /// Nil unless `text` is two different times of day joined by a hyphen; only the second may be 24:00.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Self.minutes(parts[0]), let end = Self.minutes(parts[1]),
            start < Self.minutesPerDay, start != end
        else { return nil }
        self.start = start
        self.end = end
    }

    /// Whether a moment lies within.
    public func contains(_ moment: Date) -> Bool {
        let minute = moment.timeIntervalSince1970 / 60
        let ofDay = minute - (minute / Double(Self.minutesPerDay)).rounded(.down) * Double(Self.minutesPerDay)
        let (start, end) = (Double(start), Double(end))
        return start < end ? ofDay >= start && ofDay < end : ofDay >= start || ofDay < end
    }

    public var description: String { "\(Self.text(start))-\(Self.text(end))" }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= minutesPerDay
        else { return nil }
        return hour * 60 + minute
    }

    private static func text(_ minutes: Int) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}

extension QuietHours: SettingValue {
    static let expectation = "two times of day in UTC, such as 22:00-06:00"

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> QuietHours? {
        json.string.flatMap(QuietHours.init)
    }

    func write(to writer: inout JSONWriter) { writer.value(description) }
}
