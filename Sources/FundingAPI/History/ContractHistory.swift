import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// What one contract paid, and what it would pay now.
struct ContractHistory: Sendable {
    var exchangeName: String
    var contract: ContractKey
    var days: Int
    var live: LiveRate?
    /// Newest first.
    var settled: [Settlement]

    /// One row, live or settled.
    private struct Row {
        var time: Date
        var rate: Double
        var apr: Double
        var markPrice: Double?
        var openInterestUSD: Double?
        var kind: String
        var interval: FundingInterval
    }

    private var rows: [Row] {
        let now = live.map { live in
            Row(
                time: live.observedAt, rate: live.fundingRate, apr: live.apr, markPrice: live.markPrice,
                openInterestUSD: live.openInterestUSD, kind: "live", interval: live.interval)
        }
        let paid = settled.map { point in
            Row(
                time: point.fundingTime, rate: point.fundingRate, apr: point.apr, markPrice: point.markPrice,
                kind: "settled", interval: point.interval)
        }
        return (now.map { [$0] } ?? []) + paid
    }

    var json: JSONWriter {
        let rows = rows
        var writer = JSONWriter(reservingCapacity: 300 + rows.count * 180)
        writer.beginObject()
        writer.field("exchange", exchangeName)
        writer.field("symbol", contract.symbol)
        writer.field("base_asset", contract.baseAsset)
        writer.field("funding_interval_hours", (live?.interval ?? contract.interval).hours)
        writer.field("days", days)
        writer.field("data_points", rows.count)
        writer.list("data", rows) { row, writer in
            writer.field("timestamp", Timestamp.text(row.time))
            writer.field("funding_rate", row.rate)
            writer.field("apr", row.apr)
            writer.field("mark_price", row.markPrice)
            writer.field("open_interest", row.openInterestUSD)
            writer.field("kind", row.kind)
            writer.field("funding_interval_hours", row.interval.hours)
        }
        writer.endObject()
        return writer
    }

    var csv: [UInt8] {
        var csv = CSVWriter()
        csv.header([
            "exchange", "symbol", "timestamp", "funding_rate", "apr", "funding_interval_hours", "mark_price",
            "open_interest", "kind",
        ])
        for row in rows {
            csv.text(exchangeName)
            csv.text(contract.symbol)
            csv.text(Timestamp.text(row.time))
            csv.number(row.rate)
            csv.number(row.apr)
            csv.number(row.interval.hours)
            csv.number(row.markPrice)
            csv.number(row.openInterestUSD)
            csv.text(row.kind)
            csv.endRow()
        }
        return csv.bytes
    }
}
