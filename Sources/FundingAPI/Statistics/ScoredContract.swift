import Foundation
import FundingCore
import FundingJSON

/// A contract as the lists of z-scores tell of it: null where nothing is known.
struct ScoredContract: Sendable {
    let row: RateRow

    /// What the list of extreme values tells.
    static let briefSchema: JSONShape = [
        "contract": .text, "exchange": .text, "base_asset": .text, "z_score": .number.orNull,
        "z_score_apr": .number.orNull, "funding_rate": .number, "apr": .number, "percentile": .number.orNull,
        "percentile_apr": .number.orNull, "confidence": .words(Confidence.self),
    ]

    static let schema = briefSchema.with([
        "mark_price": .number.orNull, "mean_30d": .number.orNull, "std_dev_30d": .number.orNull,
        "mean_30d_apr": .number.orNull, "std_dev_30d_apr": .number.orNull, "robust_z_score": .number.orNull,
        "data_points": .count.orNull, "expected_points": .count.orNull, "completeness_percentage": .number.orNull,
        "zone": JSONShape.words(StatisticsZone.self).orNull, "funding_interval_hours": .number,
        "next_funding_seconds": .number.orNull,
    ])

    /// Writes the brief members into an object that is open.
    func writeBrief(to writer: inout JSONWriter) {
        let statistics = row.statistics
        writer.field("contract", row.rate.contract.symbol)
        writer.field("exchange", row.exchangeName)
        writer.field("base_asset", row.rate.contract.baseAsset)
        // Neither has a unit, and a rate a year is a multiple of the rate: both stand at the same place.
        writer.field("z_score", statistics?.zScore)
        writer.field("z_score_apr", statistics?.zScore)
        writer.field("funding_rate", row.rate.fundingRate)
        writer.field("apr", row.rate.apr)
        writer.field("percentile", statistics?.percentile)
        writer.field("percentile_apr", statistics?.percentile)
        writer.field("confidence", (statistics?.confidence ?? .none).rawValue)
    }

    /// Writes all members into an object that is open.
    func write(to writer: inout JSONWriter) {
        let statistics = row.statistics
        writeBrief(to: &writer)
        writer.field("mark_price", row.rate.markPrice)
        writer.field("mean_30d", statistics?.rates?.mean)
        writer.field("std_dev_30d", statistics?.rates?.standardDeviation)
        writer.field("mean_30d_apr", statistics?.aprs?.mean)
        writer.field("std_dev_30d_apr", statistics?.aprs?.standardDeviation)
        writer.field("robust_z_score", statistics?.robustZScore)
        writer.field("data_points", statistics?.dataPoints)
        writer.field("expected_points", statistics?.expectedPoints)
        writer.field("completeness_percentage", statistics?.completeness)
        writer.field("zone", statistics?.zone.rawValue)
        writer.field("funding_interval_hours", row.rate.interval.hours)
        writer.field(
            "next_funding_seconds",
            row.rate.comingFundingTime(at: row.now).map { $0.timeIntervalSince(row.now).rounded(.up) })
    }
}
