import Foundation
import FundingCore
import Testing

struct MarkHistoryTests {
    private func history(_ long: [Double?], _ short: [Double?]) -> MarkHistory {
        var history = MarkHistory()
        for (id, prices) in [(1, long), (2, short)] {
            for (hour, price) in prices.enumerated().shuffled() {
                guard let price else { continue }
                history.insert(price, of: id, at: SpreadSample.start.addingTimeInterval(Double(hour) * 3600))
            }
        }
        return history
    }

    private static let flat = [Double?](repeating: 100, count: 12)

    /// The short leg rises from 95 to 114 against a long one that stands still; that it was dearer before does not count.
    @Test func theWorstIsFromTheLowestRatioToALaterOne() throws {
        let short: [Double?] = [120, 110, 100, 95, 99, 105, 114, 112, 100, 98, 97, 100]
        let history = history(Self.flat, short)
        let worst = try #require(history.worstDivergence(long: 1, short: 2))
        #expect(abs(worst - 0.2) < 1e-6)
        // The other way round it is the fall from 120 to 95 that hurts.
        let reversed = try #require(history.worstDivergence(long: 2, short: 1))
        #expect(abs(reversed - (120.0 / 95 - 1)) < 1e-6)
    }

    @Test func legsThatNeverComeApartDivergeByNothing() {
        #expect(history(Self.flat, Self.flat.map { $0.map { $0 / 1000 } }).worstDivergence(long: 1, short: 2) == 0)
    }

    @Test func tooFewCommonHoursDoNotTell() {
        let sparse = Self.flat.enumerated().map { $0.offset < 9 ? $0.element : nil }
        #expect(history(Self.flat, sparse).worstDivergence(long: 1, short: 2) == nil)
        #expect(history(Self.flat, []).worstDivergence(long: 1, short: 2) == nil)
        #expect(history(Self.flat, Self.flat).worstDivergence(long: 1, short: 3) == nil)
    }

    @Test func whatIsOlderThanThirtyDaysIsLetGo() {
        var history = history(Self.flat, Self.flat)
        history.evict(at: SpreadSample.start.addingTimeInterval(720 * 3600))
        #expect(history.worstDivergence(long: 1, short: 2) == 0)
        history.evict(at: SpreadSample.start.addingTimeInterval(723 * 3600))
        #expect(history.worstDivergence(long: 1, short: 2) == nil)
    }
}
