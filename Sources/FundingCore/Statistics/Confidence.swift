/// How much a contract's statistics can be believed, by the number of settled payments behind them.
public enum Confidence: String, Sendable, CaseIterable, Comparable {
    /// Below 10: nothing is published.
    case none
    /// 10 to 29.
    case low
    /// 30 to 89.
    case medium
    /// 90 to 179. An eight-hour contract pays 90 times in 30 days and gets no further.
    case high
    /// 180 and more.
    case veryHigh = "very_high"

    public init(dataPoints: Int) {
        self =
            switch dataPoints {
            case ..<10: .none
            case ..<30: .low
            case ..<90: .medium
            case ..<180: .high
            default: .veryHigh
            }
    }

    public static func < (left: Confidence, right: Confidence) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How often a contract's statistics deserve a look: those far from their mean first.
public enum StatisticsZone: String, Sendable, CaseIterable {
    /// More than two deviations from the mean: every 30 seconds.
    case active
    /// All others: every minute.
    case stable

    public init(zScore: Double?) {
        self = abs(zScore ?? 0) > 2 ? .active : .stable
    }

    public var period: Duration { self == .active ? .seconds(30) : .seconds(60) }
}
