/// The shortest time after which two contracts have both been paid for whole intervals.
public enum SyncPeriod {
    /// In minutes: the least common multiple of the intervals of those legs that are paid at set times. A continuous leg
    /// is paid at any time, so it follows the other; of two such legs the longer quotation counts.
    public static func minutes(of one: SpreadLeg, and other: SpreadLeg) -> Int {
        switch (one.isContinuous, other.isContinuous) {
        case (true, true): max(one.interval.minutes, other.interval.minutes)
        case (true, false): other.interval.minutes
        case (false, true): one.interval.minutes
        case (false, false): leastCommonMultiple(one.interval.minutes, other.interval.minutes)
        }
    }

    private static func leastCommonMultiple(_ one: Int, _ other: Int) -> Int {
        var (a, b) = (one, other)
        while b != 0 { (a, b) = (b, a % b) }
        return one / a * other
    }
}
