import Foundation
import FundingCore

extension FundingInterval {
    /// Where payments fall on multiples of the interval since 00:00 UTC, a next time off that grid disproves an interval
    /// that was learnt before. Times are stamped some milliseconds late, so the minute counts.
    /// - Throws: `Rejection`, which asks for new listings.
    func confirm(by next: Date) throws(Rejection) {
        let seconds = (next.timeIntervalSince1970 / 60).rounded() * 60
        guard seconds.truncatingRemainder(dividingBy: Double(minutes) * 60) == 0 else {
            throw Rejection(
                "interval unknown: \(self) is listed, but the next payment is due at \(Timestamp.text(next))",
                outdatesListings: true
            )
        }
    }
}
