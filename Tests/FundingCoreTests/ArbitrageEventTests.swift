import Foundation
import FundingCore
import FundingJSON
import Testing

struct ArbitrageEventTests {
    @Test func anEventNamesItsColumnsOnceAndItsPairsAsRows() throws {
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
            removed: [spread.key], summary: ArbitrageSummary(of: board))
        let root = try JSONDocument(event.encoded()).root
        #expect(root["type"]?.string == "arbitrage" && root["seq"]?.int == 7 && root["whole"]?.bool == false)
        #expect(root["removed"]?.rawText == "[[1,2]]")
        #expect(root["statistics"]?["total_opportunities"]?.int == 1)
        let columns = try #require(root["columns"]?.elements.map { $0.string ?? "" })
        let row = try #require(root["added"]?[0])
        #expect(row.elements.count == columns.count && Set(columns).count == columns.count)
        func value(_ column: String) throws -> JSONView {
            let place = try #require(columns.firstIndex(of: column))
            return try #require(row[place])
        }
        for (column, text) in [
            ("asset", #""BTC""#), ("long_contract_id", "1"), ("long_exchange", #""binance""#),
            ("long_rate", "-0.0019861059"), ("short_rate", "0.0018631051"), ("short_interval_hours", "4"),
            ("short_continuous", "false"), ("long_open_interest", "null"), ("spread_data_points", "12"),
            ("spread_zscore", "null"), ("holding_hours", "168"), ("round_trip_fee", "null"),
        ] {
            #expect(try value(column).rawText == text, "\(column)")
        }
    }

    @Test func anEventOfOtherColumnsIsRefused() throws {
        let event = ArbitrageEvent(
            sequence: 7, computedAt: SpreadSample.start, isWhole: false, added: [], updated: [], removed: [],
            summary: ArbitrageSummary(contracts: 0))
        let text = String(decoding: event.encoded(), as: UTF8.self)
        #expect(throws: Never.self) { try ArbitrageEvent(wire: Array(text.utf8)) }
        for (piece, other) in [
            (#""v":2"#, #""v":1"#), (#""asset","#, #""asset","asset","#), (#""removed":[]"#, #""removed":[[1]]"#),
            (#""updated":[]"#, #""updated":[[1,2]]"#), (#""updated":[]"#, #""updated":[{}]"#),
        ] {
            try #require(text.contains(piece))
            let changed = Array(text.replacing(piece, with: other).utf8)
            #expect(throws: EventError.self, "\(other)") { try ArbitrageEvent(wire: changed) }
        }
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
            updated: Array(opportunities.dropFirst()), removed: [FundingSpread.Key(long: 7, short: 8)],
            summary: ArbitrageSummary(of: board))
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
            try ArbitrageEvent(wire: Array(#"{"v":2,"type":"arbitrage","seq":1}"#.utf8))
        }
    }
}
