import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingControl

/// `fundingctl top`
struct TopTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func pair(_ asset: String, carry: Double, fee: Double?) -> ListedOpportunity {
        func leg(_ id: Int, _ rate: Double) -> SpreadLeg {
            SpreadLeg(
                id: id, exchange: ExchangeID(rawValue: "e\(id)"), feed: FeedID(rawValue: "e\(id)"),
                symbol: "\(asset)\(id)", fundingRate: rate, interval: .hourly, isContinuous: false,
                nextFundingTime: nil,
                openInterestUSD: nil)
        }
        let spread = FundingSpread(
            asset: asset, marketType: .crypto, long: leg(1, 0), short: leg(2, carry), identity: .proven,
            priceGapPercent: 0, risks: [])
        let opportunity = Opportunity(
            spread: spread, worth: SpreadWorth(spread, roundTripFee: fee, holdingHours: 100), worstDivergence: nil,
            statistics: nil, significance: nil)
        return ListedOpportunity(opportunity, since: now.addingTimeInterval(-300), generation: 1)
    }

    @Test func pairsStandInColumns() {
        let pairs = [Self.pair("BTC", carry: 1e-4, fee: 0.002), Self.pair("DOGE", carry: 1e-5, fee: nil)]
        let lines = WidestPairs(pairs, at: Self.now).table.split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines[2] == "  BTC    e1 BTC1   e2 BTC2   87.60 %     70.08 %  5 min")
        #expect(lines[3] == "  DOGE   e1 DOGE1  e2 DOGE2  8.76 %      unknown  5 min")
    }

    @Test(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
    func eachLookFollowsTheLastWhereNobodyLooks() async throws {
        try await TemporaryDatabase.with { database in
            let run = try await CommandLineTool("fundingctl").run(
                ["top", "--interval", "1", "--looks", "2"],
                environment: ["DATABASE_URL": database.url(as: "funding_admin")])
            #expect(run.status == 0 && run.errors.isEmpty)
            #expect(run.output.components(separatedBy: "Z, every 1 s\n\nservices").count == 3)
            #expect(run.output.contains("no collector is alive; none ever was"))
            #expect(!run.output.contains("\u{1B}"), "no terminal, nothing to clear")
        }
    }
}
