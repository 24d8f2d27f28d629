import Foundation
import FundingCore
import FundingJSON

/// The hourly history of a pair, with the sign of the direction that was asked for: what the short leg paid more than
/// the long one, in percent a year. Hours in which the pair did not reach the floor or paid nothing are not kept, so
/// that every figure here is of those that were.
struct SpreadRecord: Sendable {
    /// One hour.
    struct Hour: Sendable {
        var time: Date
        var open: Double
        var high: Double
        var low: Double
        var close: Double
        var average: Double
        /// Fractions of notional per hour, at the close.
        var longRate: Double
        var shortRate: Double
        /// Otherwise it was derived from settled payments.
        var isObserved: Bool
    }

    /// How many hours there would be of a pair that always paid enough: 30 days of them.
    private static let allHours = 720

    var hours: [Hour]

    /// - Parameter long: the contract that is held long.
    init(_ hours: [SpreadHour], long: Int) {
        self.hours = hours.map { hour in
            let isForward = hour.a == long
            let sign = isForward ? 1.0 : -1
            return Hour(
                time: hour.bucket, open: sign * hour.open, high: sign * (isForward ? hour.high : hour.low),
                low: sign * (isForward ? hour.low : hour.high), close: sign * hour.close, average: sign * hour.average,
                longRate: isForward ? hour.rateA : hour.rateB, shortRate: isForward ? hour.rateB : hour.rateA,
                isObserved: hour.seconds > 0)
        }
    }

    // MARK: - As it is answered

    static let schema: JSONShape = [
        "daily_data": .list([
            "date": .day, "avg_apr_spread": .number, "max_apr_spread": .number, "min_apr_spread": .number,
            "data_points": .count,
        ]),
        "hourly": .list([
            "time": .timestamp, "open": .number, "high": .number, "low": .number, "close": .number,
            "average": .number, "long_hourly_rate": .number, "short_hourly_rate": .number, "observed": .flag,
        ]),
        "statistics": [
            "avg_30d_spread": .number.orNull, "max_30d_spread": .number.orNull, "min_30d_spread": .number.orNull,
            "std_dev_30d_spread": .number.orNull, "data_days": .count, "data_hours": .count,
            "coverage_pct": .number,
        ],
    ]

    func writeMembers(to writer: inout JSONWriter) {
        let days = Dictionary(grouping: hours) { Timestamp.text($0.time).prefix(10) }
        writer.list("daily_data", days.sorted { $0.key < $1.key }) { day, writer in
            writer.field("date", String(day.key))
            writer.field("avg_apr_spread", day.value.map(\.average).mean)
            writer.field("max_apr_spread", day.value.map(\.high).max())
            writer.field("min_apr_spread", day.value.map(\.low).min())
            writer.field("data_points", day.value.count)
        }
        writer.list("hourly", hours) { hour, writer in
            writer.field("time", Timestamp.text(hour.time))
            writer.field("open", hour.open)
            writer.field("high", hour.high)
            writer.field("low", hour.low)
            writer.field("close", hour.close)
            writer.field("average", hour.average)
            writer.field("long_hourly_rate", hour.longRate)
            writer.field("short_hourly_rate", hour.shortRate)
            writer.field("observed", hour.isObserved)
        }
        writer.key("statistics")
        writer.beginObject()
        writer.field("avg_30d_spread", mean)
        writer.field("max_30d_spread", hours.map(\.high).max())
        writer.field("min_30d_spread", hours.map(\.low).min())
        writer.field("std_dev_30d_spread", standardDeviation)
        writer.field("data_days", days.count)
        writer.field("data_hours", hours.count)
        writer.field("coverage_pct", coverage)
        writer.endObject()
    }

    /// Percent of all hours that were kept, two decimals.
    var coverage: Double { (Double(hours.count) / Double(Self.allHours) * 10_000).rounded() / 100 }

    var mean: Double? { hours.map(\.average).mean }

    /// Of a sample.
    var standardDeviation: Double? {
        guard hours.count > 1, let mean else { return nil }
        let squares = hours.reduce(0) { $0 + ($1.average - mean) * ($1.average - mean) }
        return (squares / Double(hours.count - 1)).squareRoot()
    }
}
