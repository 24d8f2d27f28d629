import Foundation
import FundingJSON

extension JSONView {
    /// Seconds since 1970, maybe with a fraction; absent and `""` mean that there is no such time.
    func epochSeconds(_ field: String) throws(Rejection) -> Date? {
        guard let seconds = try number(field) else { return nil }
        // As with milliseconds, nothing lies beyond the year 3000.
        guard (0..<32_535_216_000).contains(seconds) else {
            throw Rejection("\(field): expected seconds since 1970, found \(self[field]?.excerpt ?? "")")
        }
        return Date(timeIntervalSince1970: seconds)
    }

    /// Seconds since 1970 that must be there.
    func requiredEpochSeconds(_ field: String) throws(Rejection) -> Date {
        guard let time = try epochSeconds(field) else { throw Rejection("\(field) is missing") }
        return time
    }
}
