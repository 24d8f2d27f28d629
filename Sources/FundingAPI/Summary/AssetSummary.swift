import Foundation
import FundingCore
import FundingJSON

/// One asset, all its contracts that are shown taken together. A stock and a coin of one ticker are two.
struct AssetSummary: Sendable, JSONWritable {
    /// By the name that the grid shows.
    var asset: String
    var contracts: Int
    var exchanges: [String]
    /// Percent, unweighted.
    var meanAPR: Double
    var highestAPR: Double
    var lowestAPR: Double
    /// US dollars; nil if no contract's is known.
    var openInterestUSD: Double?
    /// Percent, weighted by open interest where it is known.
    var weightedAPR: Double?

    static func all(in market: MarketState, includesInactive: Bool, at now: Date) -> [AssetSummary] {
        RateSelection(includesInactive: includesInactive).rows(in: market, at: now).byAsset.map {
            AssetSummary($0.name, $0.rows)
        }
    }

    /// - Parameter rows: at least one.
    init(_ asset: String, _ rows: [RateRow]) {
        let aprs = rows.map(\.rate.apr)
        self.asset = asset
        contracts = rows.count
        exchanges = Set(rows.map(\.exchangeName)).sorted { $0.lowercased() < $1.lowercased() }
        meanAPR = aprs.reduce(0, +) / Double(aprs.count)
        highestAPR = aprs.max() ?? 0
        lowestAPR = aprs.min() ?? 0
        (openInterestUSD, weightedAPR) = rows.map(\.rate).weighted
    }

    static let schema: JSONShape = [
        "asset": .text, "contracts": .count, "exchanges": .list(.text), "avg_apr": .number,
        "open_interest": .number.orNull,
    ]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("asset", asset)
        writer.field("contracts", contracts)
        writer.field("exchanges", exchanges)
        writer.field("avg_apr", meanAPR)
        writer.field("open_interest", openInterestUSD)
        writer.endObject()
    }
}

extension [LiveRate] {
    /// The open interest of those that tell it, and the mean APR weighted by it; nil if none does.
    var weighted: (openInterestUSD: Double?, apr: Double?) {
        let known = compactMap { rate in rate.openInterestUSD.map { (interest: $0, apr: rate.apr) } }
        guard !known.isEmpty else { return (nil, nil) }
        let total = known.reduce(0) { $0 + $1.interest }
        return (total, total > 0 ? known.reduce(0) { $0 + $1.interest * $1.apr } / total : nil)
    }
}
