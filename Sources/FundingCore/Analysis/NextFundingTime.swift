public import Foundation

/// When the coming payment falls due.
public enum NextFundingTime {
    /// The exchange's own time if it lies ahead; if it has passed, advanced by whole intervals until it does; without
    /// one, the next multiple of the interval since 00:00 UTC.
    public static func resolve(stated: Date?, every interval: FundingInterval, now: Date) -> Date {
        let step = Double(interval.minutes) * 60
        let anchor = stated ?? Date(timeIntervalSince1970: 0)
        guard anchor <= now else { return anchor }
        let elapsed = now.timeIntervalSince(anchor)
        return anchor.addingTimeInterval((elapsed / step).rounded(.down) * step + step)
    }
}
