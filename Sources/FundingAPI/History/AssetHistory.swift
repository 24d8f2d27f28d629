import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// What an asset's contracts paid, as rows by time and as a series a contract.
struct AssetHistory: Sendable {
    /// One contract's payments.
    struct Series: Sendable {
        var key: String
        var contract: ContractKey
        var exchangeName: String
        /// Ascending.
        var points: [SettlementReader.Sum]
        var live: (rate: LiveRate, kind: RateKind)?
    }

    /// In the order of keys; contracts of which nothing is told are left out.
    let series: [Series]
    private let includesLive: Bool

    /// - Parameters:
    ///   - market: where each contract's live rate is taken from, to be told too; nil: it is not.
    ///   - now: what had not been seen for long then has no live rate.
    init(
        _ contracts: [ContractKey], _ sums: [SettlementReader.Sum], live market: MarketState?, names: ExchangeNames,
        at now: Date
    ) {
        includesLive = market != nil
        let paid = Dictionary(grouping: sums, by: \.contractID)
        let symbols = Dictionary(grouping: contracts, by: \.symbol)
        series = contracts.compactMap { contract in
            let points = paid[contract.id] ?? []
            let live = market?.live(contract, at: now)
            if points.isEmpty, live == nil { return nil }
            let name = names[contract.exchange]
            // By the contracts that there are, not by those that paid: a key must not change with the window.
            let isShared = (symbols[contract.symbol]?.count ?? 0) > 1
            return Series(
                key: isShared ? "\(contract.symbol) (\(name))" : contract.symbol, contract: contract,
                exchangeName: name, points: points.sorted { $0.end < $1.end }, live: live)
        }.sorted { $0.key < $1.key }
    }

    /// Writes `contracts`, `exchanges`, `data_points`, `data` and `series`.
    func writeMembers(to writer: inout JSONWriter) {
        var rows: [Date: [Int: SettlementReader.Sum]] = [:]
        for (place, one) in series.enumerated() {
            for point in one.points { rows[point.end, default: [:]][place] = point }
        }
        writer.field("contracts", series.map(\.key))
        writer.field("exchanges", Set(series.map(\.exchangeName)).sorted { $0.lowercased() < $1.lowercased() })
        writer.field("data_points", rows.count)
        writer.list("data", rows.sorted { $0.key < $1.key }) { row, writer in
            writer.field("timestamp", Timestamp.text(row.key))
            for (place, one) in series.enumerated() {
                writer.key(one.key)
                writer.value(row.value[place]?.fundingRate)
                writer.key("\(one.key)_apr")
                writer.value(row.value[place]?.apr)
            }
        }
        writer.list("series", series) { one, writer in
            writer.field("key", one.key)
            writer.field("exchange", one.exchangeName)
            writer.field("symbol", one.contract.symbol)
            writer.field("funding_interval_hours", one.contract.interval.hours)
            writer.key("points")
            writer.beginArray()
            for point in one.points {
                writer.value([point.end.timeIntervalSince1970 * 1000, point.fundingRate, point.apr])
            }
            writer.endArray()
            guard includesLive else { return }
            writer.key("live")
            Self.write(one.live, to: &writer)
        }
    }

    static let liveSchema: JSONShape = [
        "timestamp": .timestamp, "funding_rate_kind": .words(RateKind.self), "rate": .number, "apr": .number,
    ]

    private static func write(_ live: (rate: LiveRate, kind: RateKind)?, to writer: inout JSONWriter) {
        guard let (rate, kind) = live else { return writer.null() }
        writer.beginObject()
        writer.field("timestamp", Timestamp.text(rate.observedAt))
        writer.field("funding_rate_kind", kind.rawValue)
        writer.field("rate", rate.fundingRate)
        writer.field("apr", rate.apr)
        writer.endObject()
    }
}

extension MarketState {
    /// The live rate of one contract, if it is listed and was seen lately, and whether it moves.
    fileprivate func live(_ contract: ContractKey, at now: Date) -> (rate: LiveRate, kind: RateKind)? {
        guard let rate = rate(of: contract.symbol, on: contract.exchange), isVisible(rate, at: now) else { return nil }
        return (rate: rate, kind: kind(of: rate))
    }

    /// The live rate of one contract, if it is listed.
    func rate(of symbol: String, on exchange: ExchangeID) -> LiveRate? {
        feeds.values.lazy.filter { $0.exchange == exchange }.compactMap { self.rates[$0.feed]?[symbol] }
            .first { $0.isActive }
    }
}
