import Foundation
import FundingCore
import FundingJSON

/// One exchange's funding of one asset: the contract that stands for it, and which others there are.
struct GridCell: Sendable, Equatable {
    var symbol: String
    var fundingRate: Double
    /// Percent a year, to ten digits: more than any exchange's rate has.
    var apr: Double
    var interval: FundingInterval
    var contracts: [String]
    /// When the shown contract's rate was last seen on the exchange, changed or not.
    var lastUpdated: Date
    var isStale: Bool
    /// To six digits; the list of rates has all.
    var openInterestUSD: Double?
    var nextFundingTime: Date?
    var standing: RateStanding
    /// When time alone makes the cell another: any of its contracts turns stale or dead, or the payment falls due.
    var validUntil: Date

    /// - Parameters:
    ///   - rates: the contracts of one asset on one exchange; those that may not be shown are left out.
    ///   - pick: chooses among the fresh ones, and among the stale ones only if there is no other: of two feeds of an
    ///     exchange, the one that is down must not stand for both.
    /// - Returns: nil if none is left.
    init?(_ rates: [LiveRate], pick: GridPick, in market: MarketState, at now: Date) {
        var fresh: [LiveRate] = []
        var stale: [LiveRate] = []
        var turn = Date.distantFuture
        // This runs for every change: a feed's limit is looked up once a contract.
        for rate in rates where rate.isActive {
            let staleAfter = market.staleAfter(rate.contract.feed)
            switch Freshness(observedAt: rate.observedAt, now: now, staleAfter: staleAfter) {
            case .fresh:
                fresh.append(rate)
                turn = min(turn, rate.observedAt.addingTimeInterval(min(staleAfter, Freshness.deadAfter)))
            case .stale:
                stale.append(rate)
                turn = min(turn, rate.observedAt.addingTimeInterval(Freshness.deadAfter))
            case .dead: continue
            }
        }
        guard !fresh.isEmpty || !stale.isEmpty else { return nil }
        let chosen = pick.choice(among: fresh.isEmpty ? stale : fresh)
        symbol = chosen.contract.symbol
        fundingRate = chosen.fundingRate
        apr = Coarse.value(chosen.apr, digits: 10)
        interval = chosen.interval
        contracts = (fresh.map(\.contract.symbol) + stale.map(\.contract.symbol)).sorted()
        lastUpdated = chosen.observedAt
        isStale = fresh.isEmpty
        openInterestUSD = chosen.openInterestUSD.map { Coarse.value($0, digits: 6) }
        nextFundingTime = chosen.comingFundingTime(at: now)
        standing = RateStanding(market.statistics(of: chosen))
        validUntil = min(turn, nextFundingTime ?? .distantFuture)
    }

    /// The members of a cell's JSON.
    struct Fields: OptionSet, Sendable, Equatable {
        let rawValue: UInt16

        static let symbol = Fields(rawValue: 1 << 0)
        static let fundingRate = Fields(rawValue: 1 << 1)
        static let interval = Fields(rawValue: 1 << 2)
        static let zScore = Fields(rawValue: 1 << 3)
        static let percentile = Fields(rawValue: 1 << 4)
        static let moments = Fields(rawValue: 1 << 5)
        static let contracts = Fields(rawValue: 1 << 6)
        static let lastUpdated = Fields(rawValue: 1 << 7)
        static let isStale = Fields(rawValue: 1 << 8)
        static let openInterest = Fields(rawValue: 1 << 9)
        static let nextFundingTime = Fields(rawValue: 1 << 10)
        static let confidence = Fields(rawValue: 1 << 11)
        static let all = Fields(rawValue: (1 << 12) - 1)
    }

    /// What a reader who has another state of the cell must be told.
    func differences(from old: GridCell) -> Fields {
        var fields: Fields = []
        if symbol != old.symbol { fields.insert(.symbol) }
        if fundingRate != old.fundingRate || apr != old.apr { fields.insert(.fundingRate) }
        if interval != old.interval { fields.insert(.interval) }
        if standing.zScore != old.standing.zScore { fields.insert(.zScore) }
        if standing.percentile != old.standing.percentile { fields.insert(.percentile) }
        if standing.mean != old.standing.mean || standing.standardDeviation != old.standing.standardDeviation {
            fields.insert(.moments)
        }
        if contracts != old.contracts { fields.insert(.contracts) }
        if lastUpdated != old.lastUpdated { fields.insert(.lastUpdated) }
        if isStale != old.isStale { fields.insert(.isStale) }
        if openInterestUSD != old.openInterestUSD { fields.insert(.openInterest) }
        if nextFundingTime != old.nextFundingTime { fields.insert(.nextFundingTime) }
        if standing.confidence != old.standing.confidence { fields.insert(.confidence) }
        return fields
    }

    /// The cell as JSON.
    func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 384)
        write(.all, to: &writer)
        return writer.bytes
    }

    /// Writes some members as an object.
    func write(_ fields: Fields, to writer: inout JSONWriter) {
        writer.beginObject()
        if fields.contains(.symbol) { writer.field("symbol", symbol) }
        if fields.contains(.fundingRate) {
            writer.field("funding_rate", fundingRate)
            writer.field("apr", apr)
        }
        if fields.contains(.interval) { writer.field("funding_interval_hours", interval.hours) }
        if fields.contains(.zScore) { writer.field("z_score", standing.zScore) }
        if fields.contains(.percentile) { writer.field("percentile", standing.percentile) }
        if fields.contains(.moments) {
            writer.field("mean_30d", standing.mean)
            writer.field("std_dev_30d", standing.standardDeviation)
        }
        if fields.contains(.contracts) {
            writer.field("contracts", contracts)
            writer.field("contract_count", contracts.count)
        }
        if fields.contains(.lastUpdated) { writer.field("last_updated", Timestamp.text(lastUpdated)) }
        if fields.contains(.isStale) { writer.field("stale", isStale) }
        if fields.contains(.openInterest) { writer.field("open_interest", openInterestUSD) }
        if fields.contains(.nextFundingTime) {
            writer.field("next_funding_time", nextFundingTime.map(Timestamp.text))
        }
        if fields.contains(.confidence) { writer.field("confidence", standing.confidence.rawValue) }
        writer.endObject()
    }
}

extension LiveRate {
    /// When the coming payment falls due; nil where funding accrues every moment.
    func comingFundingTime(at now: Date) -> Date? {
        isContinuous ? nil : NextFundingTime.resolve(stated: nextFundingTime, every: interval, now: now)
    }

    /// Whether the payment that was coming when the rate was read has fallen due: nothing has been read since of the period
    /// that runs now.
    func isOfEndedPeriod(at now: Date) -> Bool {
        !isContinuous && nextFundingTime.map { $0 <= now } ?? false
    }
}
