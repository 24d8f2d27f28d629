public import Foundation

/// The instants that payments belong to. Exchanges stamp a payment with when it was booked, some milliseconds before to
/// some seconds after it fell due; history keeps one row a payment, so its key is the instant it was due.
public enum SettlementGrid {
    /// How far a payment may be booked from the full hour it was due at.
    public static let tolerance: TimeInterval = 60

    /// The full hour within a minute of `settledAt`, otherwise the nearest full minute: KuCoin has paid at 15:45.
    public static func slot(of settledAt: Date) -> Date {
        let seconds = settledAt.timeIntervalSince1970
        let hour = (seconds / 3600).rounded() * 3600
        let slot = abs(seconds - hour) <= tolerance ? hour : (seconds / 60).rounded() * 60
        return Date(timeIntervalSince1970: slot)
    }
}

extension FundingSettlement {
    /// The funding time it was for.
    public var slot: Date { dueAt ?? SettlementGrid.slot(of: settledAt) }
}
