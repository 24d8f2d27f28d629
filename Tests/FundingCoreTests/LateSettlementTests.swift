import Foundation
import FundingCore
import Testing

/// Exchanges that pay when somebody gets round to it.
@Suite struct LateSettlementTests {
    private static let hour = Date(timeIntervalSince1970: 1_790_002_800)

    @Test func aPaymentBelongsToTheHourItWasDueAndKeepsItsOwnTime() {
        let paid: [TimeInterval] = [3661, 7200 + 1200, 10_800 + 59]
        let settlements = paid.enumerated().map { place, seconds in
            FundingSettlement(
                "SOL-PERP", settledAt: Self.hour.addingTimeInterval(seconds),
                dueAt: Self.hour.addingTimeInterval(Double(place + 1) * 3600), rate: 0.0001
            )
        }
        let points = SettledPoint.points(of: settlements, after: [], ledger: IntervalLedger([]))
        #expect(points.map(\.fundingTime) == (1...3).map { Self.hour.addingTimeInterval(Double($0) * 3600) })
        #expect(points.map(\.settledAt) == settlements.map(\.settledAt))
        #expect(points.map(\.interval) == [.hourly, .hourly, .hourly])
    }
}
