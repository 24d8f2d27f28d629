/// The time between two funding payments. It belongs to a contract *at a time*: exchanges change it while trading goes on.
public struct FundingInterval: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Whole minutes; 480 for the usual eight hours.
    public let minutes: Int

    /// Longest interval any exchange is known to use.
    private static let longestMinutes = 24 * 60

    /// Nil unless `minutes` lies between one minute and one day: anything else is a misread field, not an interval.
    public init?(minutes: Int) {
        guard (1...Self.longestMinutes).contains(minutes) else { return nil }
        self.minutes = minutes
    }

    /// Nil unless `hours` is a whole number of minutes between one minute and one day.
    public init?(hours: Double) {
        let minutes = (hours * 60).rounded()
        // Hours are a quotient by 60, which a double does not hold exactly: 31 minutes are 0.5166… hours.
        guard abs(minutes) < 1e6, abs(hours * 60 - minutes) < 1e-9 else { return nil }
        self.init(minutes: Int(minutes))
    }

    public static let hourly = FundingInterval(minutes: 60)!
    public static let eightHours = FundingInterval(minutes: 480)!

    /// The length in hours, as every formula of funding wants it.
    public var hours: Double { Double(minutes) / 60 }

    public static func < (left: FundingInterval, right: FundingInterval) -> Bool { left.minutes < right.minutes }

    public var description: String { minutes % 60 == 0 ? "\(minutes / 60)h" : "\(minutes)m" }
}
