import CurlDriver
import Foundation
import Testing

@testable import FundingAlerts

struct RetryAfterTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private static let answers: [(status: Int, header: String?, body: String, seconds: TimeInterval?)] = [
        (429, "7", "", 7), (503, "0", "", 0), (429, nil, "slow down", nil), (429, "soon", "", nil),
        (429, "-5", "", nil),
        (429, "Mon, 21 Sep 2026 14:14:20 GMT", "", 60), (429, "Mon, 21 Sep 2026 14:00:00 GMT", "", 0),
        (429, nil, #"{"ok":false,"error_code":429,"parameters":{"retry_after":35}}"#, 35),
        (429, "1", #"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#, 64.57),
        (200, "7", "", nil), (404, "7", "", nil),
    ]

    @Test(arguments: answers)
    func isReadFromTheHeaderOrTheBody(status: Int, header: String?, body: String, seconds: TimeInterval?) {
        let response = HTTPResponse(
            status: status, headers: HTTPHeaders(header.map { [("retry-after", $0)] } ?? []), body: Array(body.utf8))
        #expect(RetryAfter.seconds(response, now: Self.now) == seconds)
    }
}
