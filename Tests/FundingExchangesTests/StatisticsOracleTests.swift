import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// The suite's statistics are those of NumPy and SciPy, within a billionth.
@Suite(.enabled(if: StatisticsOracle.isWanted, "FUNDING_TEST_PYTHON names no Python with SciPy"))
struct StatisticsOracleTests {
    private typealias Oracle = StatisticsOracle

    /// A full hour.
    private static let end = 498_000

    private static func point(_ hour: Int, _ rate: Double, _ hours: Int) -> SettledPoint {
        let time = Date(timeIntervalSince1970: Double(hour) * 3600)
        return SettledPoint(
            fundingTime: time, settledAt: time, fundingRate: rate, interval: FundingInterval(minutes: hours * 60)!)
    }

    /// Rates as exchanges have them: many the same, some wild, with holes, paid every so many hours.
    private static func series(
        _ intervals: [Int], every step: Double, around level: Double, _ random: inout SeededGenerator
    ) -> [SettledPoint] {
        var points: [SettledPoint] = []
        var hour = end - 719
        for (place, hours) in intervals.enumerated() {
            let last = end - 719 + 720 * (place + 1) / intervals.count
            while hour + hours <= last {
                hour += hours
                guard Int.random(in: 0..<20, using: &random) > 0 else { continue }
                let rate =
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0..<4: level
                    case 9: level + Double.random(in: -90...90, using: &random) * step
                    default: level + (Double.random(in: -1...1, using: &random) * 8).rounded() * step
                    }
                points.append(point(hour, rate * Double(hours), hours))
            }
        }
        return points
    }

    /// The window's figures, of however few payments.
    private static func check(_ contract: Oracle.Contract, _ expected: Oracle.Figures, _ note: String) throws {
        let window = SlidingStatistics(contract.points)
        let summary = try #require(window.summary)
        let hourlyRate = contract.rate / contract.interval.hours
        // As SciPy is asked for them: rates per the current interval.
        let unit = contract.interval.hours
        let scale = contract.points.map { abs($0.fundingRate / $0.interval.hours) }.max() ?? 0
        agree(summary.mean * unit, expected["mean"], scale * unit, "\(note) mean")
        agree(summary.standardDeviation.map { $0 * unit }, expected["deviation"], 0, "\(note) deviation")
        agree(summary.median * unit, expected["median"], scale * unit, "\(note) median")
        agree(summary.lowest * unit, expected["lowest"], scale * unit, "\(note) lowest")
        agree(summary.highest * unit, expected["highest"], scale * unit, "\(note) highest")
        agree(summary.medianDeviation * unit, expected["median_deviation"], scale * unit, "\(note) median deviation")
        agree(summary.zScore(of: hourlyRate), expected["z_score"], 1, "\(note) z-score")
        agree(summary.zScore(of: hourlyRate), expected["apr_z_score"], 1, "\(note) z-score of APRs")
        agree(window.percentile(of: hourlyRate), expected["percentile"], 1, "\(note) percentile")
        agree(window.percentile(of: hourlyRate), expected["apr_percentile"], 1, "\(note) percentile of APRs")
        // SciPy divides by a deviation of nothing, which we do not.
        if summary.medianDeviation > 0 {
            agree(summary.robustZScore(of: hourlyRate), expected["robust_z_score"], 1, "\(note) robust z-score")
        }
    }

    /// What is published of a contract with enough payments.
    private static func checkPublished(_ contract: Oracle.Contract, _ expected: Oracle.Figures, _ note: String) throws {
        let found = ContractStatistics(
            of: contract.rate, every: contract.interval, in: SlidingStatistics(contract.points), listedAt: nil,
            now: Date(timeIntervalSince1970: Double(end) * 3600))
        let (rates, aprs) = (try #require(found.rates), try #require(found.aprs))
        let scale = contract.points.map { abs($0.fundingRate / $0.interval.hours) }.max() ?? 0
        agree(rates.mean, expected["mean"], scale * contract.interval.hours, "\(note) published mean")
        agree(rates.standardDeviation, expected["deviation"], 0, "\(note) published deviation")
        agree(aprs.mean, expected["apr_mean"], scale * 876_000, "\(note) mean APR")
        agree(aprs.standardDeviation, expected["apr_deviation"], 0, "\(note) deviation of APRs")
        agree(found.zScore, expected["z_score"], 1, "\(note) published z-score")
        agree(
            found.percentile, expected["percentile"].map { ($0 * 10).rounded() / 10 }, 0,
            "\(note) published percentile")
    }

    private static func agree(_ found: Double?, _ expected: Double?, _ scale: Double, _ note: String) {
        guard let found, let expected else {
            Issue.record("\(note): found \(found as Any), expected \(expected as Any)")
            return
        }
        #expect(abs(found - expected) <= 1e-9 * max(abs(expected), scale), "\(note): \(found), not \(expected)")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomSeriesHaveSciPysStatistics(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var contracts: [Oracle.Contract] = []
        for intervals in [[1], [8], [4], [24], [8, 1], [8, 4, 1], [1, 8], [6, 2]] {
            for (step, level) in [(1e-6, 0.0), (1e-6, 1.25e-5), (1e-9, 1e-4), (1e-4, -2e-3)] {
                let points = Self.series(intervals, every: step, around: level, &random)
                let interval = try #require(FundingInterval(minutes: intervals.last! * 60))
                let current = [points.randomElement(using: &random)!.fundingRate, (level + step / 3) * interval.hours]
                for rate in current {
                    contracts.append(Oracle.Contract(points: points, rate: rate, interval: interval))
                }
            }
        }
        let expected = try Oracle.ask(contracts).contracts
        #expect(expected.count == 64)
        for (place, contract) in contracts.enumerated() {
            try Self.check(contract, expected[place], "\(seed)/\(place)")
            try Self.checkPublished(contract, expected[place], "\(seed)/\(place)")
        }
    }

    @Test func randomSpreadsHaveSciPysStatistics() throws {
        var random = SeededGenerator(seed: 11)
        var spreads: [Oracle.Spread] = []
        for (long, short) in [([1], [8]), ([8], [8]), ([4], [1, 8]), ([24], [2]), ([8, 1], [8, 4, 1]), ([1], [1])] {
            for level in [0.0, 2e-5] {
                let legs = [long, short].map { Self.series($0, every: 1e-6, around: level, &random) }
                for spread in [0.0, 3.7, -150] {
                    spreads.append(Oracle.Spread(long: legs[0], short: legs[1], until: Self.end, spread: spread))
                }
            }
        }
        let expected = try Oracle.ask([], spreads).spreads
        #expect(expected.count == 36)
        let now = Date(timeIntervalSince1970: Double(Self.end) * 3600 + 1799)
        for (place, spread) in spreads.enumerated() {
            var board = StatisticsBoard()
            board.replace(SlidingStatistics(spread.long), of: 1, at: now)
            board.replace(SlidingStatistics(spread.short), of: 2, at: now)
            let found = board.spread(long: 1, short: 2, spread: spread.spread, at: now)
            #expect(Double(found.dataPoints) == expected[place]["count"])
            Self.agree(found.mean, expected[place]["mean"], 1, "\(place) mean")
            Self.agree(found.standardDeviation, expected[place]["deviation"], 0, "\(place) deviation")
            Self.agree(found.zScore, expected[place]["z_score"], 1, "\(place) z-score")
            Self.agree(
                found.percentile, expected[place]["percentile"].map { ($0 * 10).rounded() / 10 }, 0,
                "\(place) percentile")
        }
    }

    @Test(.enabled(if: RecordedBodies.mustOrCanRun, "no recordings at hand"))
    func recordedSeriesHaveSciPysStatistics() throws {
        var names: [String] = []
        var contracts: [Oracle.Contract] = []
        for adapter in Exchanges.all {
            let feed = adapter.profile.feed
            for recorded in try HistoryCase.all(of: feed, "recorded-history.json", bodies: RecordedBodies.folder) {
                let settlements = Dictionary(grouping: recorded.pages.flatMap(\.rows), by: \.symbol)
                for (symbol, rows) in settlements {
                    let points = SettledPoint.points(of: rows, after: [], ledger: IntervalLedger([]))
                    let isEven = Set(points.map { $0.fundingRate / $0.interval.hours }).count == 1
                    guard points.count >= 2, let last = points.last, !isEven else { continue }
                    names.append("\(feed) \(symbol)")
                    contracts.append(
                        Oracle.Contract(points: points, rate: last.fundingRate, interval: last.interval))
                }
            }
        }
        #expect(contracts.count >= 5, "recorded histories of \(names)")
        let expected = try Oracle.ask(contracts).contracts
        for (place, contract) in contracts.enumerated() { try Self.check(contract, expected[place], names[place]) }
    }
}
