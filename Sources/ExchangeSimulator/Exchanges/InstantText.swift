import Foundation

/// Instants as ISO 8601 texts, UTC. By arithmetic: a long history has tens of thousands of them.
enum InstantText {
    /// `2026-08-05T17:00:00`, without a zone.
    static func seconds(_ milliseconds: Int) -> String {
        let second = (milliseconds - milliseconds.floored(to: .millisecondsOfDay)) / 1000
        let date = CivilDate(of: milliseconds)
        return "\(date.year)-\(padded(date.month))-\(padded(date.day))T"
            + "\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
    }

    /// `2026-08-05T17:00:00.000Z`
    static func milliseconds(_ milliseconds: Int) -> String {
        let rest = milliseconds - milliseconds.floored(to: 1000)
        return "\(seconds(milliseconds)).\(rest < 100 ? "0" : "")\(padded(rest))Z"
    }

    /// Milliseconds since 1970 of such a text with zone, with or without a fraction; nil for what is none.
    static func parse(_ text: String) -> Int? {
        for style in [exact, whole] {
            if let date = try? style.parse(text) { return Int((date.timeIntervalSince1970 * 1000).rounded()).sane }
        }
        return nil
    }

    private static let exact = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    private static let whole = Date.ISO8601FormatStyle()

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
