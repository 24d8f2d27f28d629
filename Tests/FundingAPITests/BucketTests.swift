import Foundation
import Testing

@testable import FundingAPI

struct BucketTests {
    private static let midnight = Date(timeIntervalSince1970: 20_000 * 86_400)

    private static let ends: [(bucket: Bucket, hour: Double, end: Double)] = [
        (.hour, 13.9, 13), (.fourHours, 13.9, 12), (.eightHours, 13.9, 8), (.day, 13.9, 0),
        (.eightHours, 16, 16), (.day, 0, 0),
    ]

    @Test(arguments: ends)
    func daysAreOfWholeBucketsThatAreOver(bucket: Bucket, hour: Double, end: Double) {
        let window = bucket.window(days: 7, until: Self.midnight.addingTimeInterval(hour * 3600))
        #expect(window.end == Self.midnight.addingTimeInterval(end * 3600))
        #expect(window.start == window.end.addingTimeInterval(-7 * 86_400))
    }
}
