import Foundation
import FundingCore
import FundingJSON
import Testing

struct ArbitrageEventTests {
    @Test func anEventNamesItsPairsWithTheAPIsFields() throws {
        let board = SpreadSample.board([
            SpreadSample.rate(1, "binance", rate: -0.0019861059, interest: nil),
            SpreadSample.rate(2, "kucoin", rate: 0.0018631051, every: FundingInterval(hours: 4)!),
        ])
        let spread = try #require(board.spreads.first)
        let opportunity = Opportunity(
            spread: spread, worth: SpreadWorth(spread, fees: [:], holdingHours: 168), worstDivergence: nil,
            statistics: SpreadStatistics(dataPoints: 12), significance: nil)
        let event = ArbitrageEvent(
            sequence: 7, computedAt: SpreadSample.start, isWhole: false, added: [opportunity], updated: [],
            removed: [spread.name], summary: ArbitrageSummary(of: board))
        let root = try JSONDocument(event.encoded()).root
        #expect(root["type"]?.string == "arbitrage" && root["seq"]?.int == 7 && root["whole"]?.bool == false)
        #expect(root["removed"]?.elements.map(\.string) == ["BTC|binance:BTC-1|kucoin:BTC-2"])
        #expect(root["statistics"]?["total_opportunities"]?.int == 1)
        let row = try #require(root["added"]?.elements.first { _ in true })
        for field in [
            "key", "asset", "market_type", "long_contract_id", "long_contract", "long_exchange", "long_feed",
            "long_rate",
            "long_interval_hours", "long_continuous", "long_open_interest", "long_next_funding_time",
            "short_contract_id", "short_contract", "short_exchange", "short_feed", "short_rate", "short_interval_hours",
            "short_continuous", "short_open_interest", "short_next_funding_time", "apr_spread", "is_ranked", "identity",
            "mark_price_gap_pct", "risk_flags", "worst_divergence", "spread_zscore", "spread_mean", "spread_std_dev",
            "spread_percentile", "spread_data_points", "significance_score", "round_trip_fee", "holding_hours",
            "net_apr",
        ] {
            #expect(row[field] != nil, "\(field)")
        }
        #expect(abs(try #require(row["apr_spread"]?.double) - 625.49861295) < 1e-8)
        #expect(row["long_open_interest"]?.isNull == true && row["net_apr"]?.isNull == true)
        #expect(row["spread_zscore"]?.isNull == true && row["spread_data_points"]?.int == 12)
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        var board = SpreadSample.board([
            SpreadSample.rate(1, "binance", rate: -0.0019861059, interest: nil),
            SpreadSample.rate(2, "kucoin", rate: 0.0018631051, every: FundingInterval(hours: 4)!),
            SpreadSample.rate(3, "bybit", rate: 0.0001, interest: 10),
        ])
        board.advance(to: SpreadSample.start)
        let opportunities = board.spreads.sorted { $0.key < $1.key }.map { spread in
            Opportunity(
                spread: spread,
                worth: SpreadWorth(
                    spread,
                    fees: [
                        "binance": TradingFees(taker: 0.0005, maker: nil),
                        "bybit": TradingFees(taker: 0.0004, maker: 0),
                    ], holdingHours: 24),
                worstDivergence: spread.long.id == 1 ? 0.031 : nil,
                statistics: spread.short.id == 2
                    ? SpreadStatistics(dataPoints: 99, mean: 1, standardDeviation: 2, zScore: -3, percentile: 0.4)
                    : nil,
                significance: spread.short.id == 2 ? 7.5 : nil)
        }
        #expect(opportunities.count == 3)
        let event = ArbitrageEvent(
            sequence: 7, computedAt: SpreadSample.start, isWhole: false, added: [opportunities[0]],
            updated: Array(opportunities.dropFirst()), removed: ["x|a:b|c:d"], summary: ArbitrageSummary(of: board))
        let read = try ArbitrageEvent(wire: event.encoded())
        // The legs' own risks are in the pair's.
        let known = opportunities.map { opportunity in
            var known = opportunity
            known.spread.long.risks = []
            known.spread.short.risks = []
            return known
        }
        #expect(read.added + read.updated == known)
        #expect(known.contains { $0.spread.risks.contains(.lowOpenInterest) })
        #expect(read.sequence == 7 && !read.isWhole && read.computedAt == SpreadSample.start)
        #expect(read.removed == event.removed && read.summary == event.summary)
        #expect(throws: EventError.self) { try ArbitrageEvent(wire: Array(#"{"v":1,"type":"rates"}"#.utf8)) }
        #expect(throws: EventError.self) {
            try ArbitrageEvent(wire: Array(#"{"v":1,"type":"arbitrage","seq":1}"#.utf8))
        }
    }
}
