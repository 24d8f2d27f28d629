import Foundation
import FundingCore
import FundingJSON

/// Where all contracts that are shown stand among their last 30 days, in a few numbers.
struct ScoreSummary: Sendable {
    /// The contracts of one exchange, or of all.
    struct Part: Sendable {
        let rows: [RateRow]
        /// How far each rate is from its mean, in deviations, of those of which that is known.
        private let sizes: [Double]

        init(rows: [RateRow]) {
            self.rows = rows
            sizes = rows.compactMap { $0.statistics?.zScore.map(abs) }
        }

        var scoredCount: Int { sizes.count }
        /// Nil where there is no z-score.
        var meanSize: Double? { sizes.isEmpty ? nil : sizes.reduce(0, +) / Double(sizes.count) }
        var largestSize: Double? { sizes.max() }
        var extremeCount: Int { sizes.count { $0 > ScoreSummary.extreme } }
        /// Percent; nil where no payment was expected.
        var meanCompleteness: Double? {
            let known = rows.compactMap { $0.statistics?.completeness }
            return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
        }
    }

    /// One of the bins that z-scores are counted in: from `low`, to below `high`.
    struct Bin: Sendable {
        var low: Double?
        var high: Double?
        var count: Int
    }

    /// More deviations from the mean than this are extreme.
    static let extreme = 2.0
    private static let binWidth = 0.5
    private static let lastBin = 4.0

    let all: Part
    /// By the exchange's name, sorted.
    let exchanges: [(name: String, part: Part)]
    let state: StatisticsState

    init(of market: MarketState, at now: Date) {
        let rows = RateSelection().rows(in: market, at: now)
        all = Part(rows: rows)
        exchanges = Dictionary(grouping: rows, by: \.exchangeName).map { ($0.key, Part(rows: $0.value)) }
            .sorted { $0.name.lowercased() < $1.name.lowercased() }
        state = market.statistics.state
    }

    /// Contracts by how far their statistics can be believed; those without any count as `none`.
    var confidences: [Confidence: Int] {
        all.rows.reduce(into: [:]) { $0[$1.statistics?.confidence ?? .none, default: 0] += 1 }
    }

    /// Contracts with statistics, by how often these deserve a look.
    var zones: [StatisticsZone: Int] {
        all.rows.reduce(into: [:]) { counts, row in
            if let zone = row.statistics?.zone { counts[zone, default: 0] += 1 }
        }
    }

    /// How many contracts' z-scores lie where: together all that there are.
    var distribution: [Bin] {
        let steps = Int(2 * Self.lastBin / Self.binWidth)
        var counts = [Int](repeating: 0, count: steps + 2)
        for score in all.rows.compactMap(\.statistics?.zScore) {
            let step = ((score + Self.lastBin) / Self.binWidth).rounded(.down)
            counts[Int(min(max(step + 1, 0), Double(steps + 1)))] += 1
        }
        return counts.enumerated().map { place, count in
            let low = Self.lastBin * -1 + Double(place - 1) * Self.binWidth
            return Bin(
                low: place == 0 ? nil : low, high: place > steps ? nil : low + Self.binWidth, count: count)
        }
    }
}

extension ScoreSummary {
    static let schema: JSONShape = [
        "total_contracts": .count, "total_exchanges": .count, "unique_assets": .count,
        "overall": [
            "total_contracts": .count, "contracts_with_zscore": .count,
            "contracts_with_zscore_percentage": .number.orNull, "mean_abs_zscore": .number.orNull,
            "max_abs_zscore": .number.orNull, "extreme_count": .count, "high_confidence_contracts": .count,
            "confidence_breakdown": [
                "very_high": .count, "high": .count, "medium": .count, "low": .count, "none": .count,
            ],
        ],
        "exchange_breakdown": .list([
            "exchange": .text, "contracts": .count, "contracts_with_zscore": .count,
            "mean_abs_zscore": .number.orNull, "extreme_count": .count, "avg_completeness": .number.orNull,
        ]),
        "last_run": .timestamp.orNull, "timestamp": .timestamp,
    ]

    /// What the z-scores' own summary tells on top.
    static let detailsSchema: JSONShape = [
        "distribution": .list(["from": .number.orNull, "to": .number.orNull, "count": .count]),
        "zones": ["active": .count, "stable": .count], "duration_ms": .number.orNull,
    ]

    /// Writes the members of an object that is open.
    func writeMembers(at now: Date, to writer: inout JSONWriter) {
        writer.field("total_contracts", all.rows.count)
        writer.field("total_exchanges", exchanges.count)
        writer.field("unique_assets", Set(all.rows.map { AssetGroup(of: $0.rate.contract) }).count)
        writeOverall(to: &writer)
        writer.list("exchange_breakdown", exchanges) { exchange, writer in
            writer.field("exchange", exchange.name)
            writer.field("contracts", exchange.part.rows.count)
            writer.field("contracts_with_zscore", exchange.part.scoredCount)
            writer.field("mean_abs_zscore", exchange.part.meanSize)
            writer.field("extreme_count", exchange.part.extremeCount)
            writer.field("avg_completeness", exchange.part.meanCompleteness)
        }
        writer.field("last_run", state.lastRunAt.map(Timestamp.text))
        writer.field("timestamp", Timestamp.text(now))
    }

    private func writeOverall(to writer: inout JSONWriter) {
        let (count, scored, confidences) = (all.rows.count, all.scoredCount, confidences)
        writer.key("overall")
        writer.beginObject()
        writer.field("total_contracts", count)
        writer.field("contracts_with_zscore", scored)
        writer.field(
            "contracts_with_zscore_percentage", count == 0 ? nil : 100 * Double(scored) / Double(count))
        writer.field("mean_abs_zscore", all.meanSize)
        writer.field("max_abs_zscore", all.largestSize)
        writer.field("extreme_count", all.extremeCount)
        writer.field(
            "high_confidence_contracts", (confidences[.high] ?? 0) + (confidences[.veryHigh] ?? 0))
        writer.key("confidence_breakdown")
        writer.beginObject()
        for confidence in Confidence.allCases.reversed() {
            writer.key(confidence.rawValue)
            writer.value(confidences[confidence] ?? 0)
        }
        writer.endObject()
        writer.endObject()
    }

    /// Writes what `detailsSchema` has on top.
    func writeDetails(to writer: inout JSONWriter) {
        writer.list("distribution", distribution) { bin, writer in
            writer.field("from", bin.low)
            writer.field("to", bin.high)
            writer.field("count", bin.count)
        }
        writer.key("zones")
        writer.beginObject()
        for zone in StatisticsZone.allCases {
            writer.key(zone.rawValue)
            writer.value(zones[zone] ?? 0)
        }
        writer.endObject()
        writer.field("duration_ms", state.duration.map { $0 * 1000 })
    }
}
