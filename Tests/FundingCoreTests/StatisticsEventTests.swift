import Foundation
import FundingCore
import FundingJSON
import Testing

@Suite struct StatisticsEventTests {
    private var event: StatisticsEvent {
        let points = (1...40).map { paid(Double(8 * $0), Double($0 % 7) * 1e-5) }
        let known = ContractStatistics(
            of: 3e-5, every: .eightHours, in: SlidingStatistics(points), listedAt: nil, now: moment(720))
        let unknown = ContractStatistics(fundingRate: 0, interval: .hourly, dataPoints: 0, expectedPoints: 0)
        return StatisticsEvent(
            sequence: 7, computedAt: moment(720, 0.25),
            changed: [
                .init(exchange: "bybit", symbol: "\"币安\"USDT", baseAsset: "币安", statistics: known),
                .init(exchange: "hyperliquid", symbol: "NEW", baseAsset: "NEW", statistics: unknown),
            ])
    }

    @Test func statisticsSurviveTheirWireForm() throws {
        #expect(Channels.statistics == "funding:statistics")
        #expect(event.changed[0].statistics.zScore != nil)
        #expect(try StatisticsEvent(wire: event.encoded()) == event)
    }

    @Test func whatIsUnknownIsNull() throws {
        let rows = try #require(try JSONDocument(event.encoded()).root["changed"])
        let unknown = try #require(rows[1])
        for field in ["z_score", "robust_z_score", "percentile", "mean_30d", "std_dev_30d", "completeness_percentage"] {
            #expect(unknown[field]?.isNull == true)
        }
        #expect(unknown["confidence"]?.string == "none")
    }

    @Test(arguments: ["seq", "computed", "changed", "v", "data_points", "mean_30d"])
    func anEventWithoutWhatItMustSayIsRefused(field: String) {
        let name = field == "computed" ? "ts" : field
        let text = String(decoding: event.encoded(), as: UTF8.self).replacing("\"\(name)\":", with: "\"other\":")
        // Without a mean there are no statistics, which is something one may say.
        if field == "mean_30d" {
            #expect((try? StatisticsEvent(wire: Array(text.utf8)))?.changed[0].statistics.rates == nil)
        } else {
            #expect(throws: EventError.self) { try StatisticsEvent(wire: Array(text.utf8)) }
        }
    }
}
