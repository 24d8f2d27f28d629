import Foundation
import FundingCore
import WebServer

/// The rates with which both legs of a pair were last seen, however long ago that is.
struct PairRates: Sendable {
    var long: LiveRate
    var short: LiveRate
    /// A leg has not been seen lately, or is no longer listed.
    var isStale: Bool

    /// - Throws: 404 for a contract that is not known at all.
    init(of pair: PairRequest, in market: MarketState, at now: Date) throws(WebError) {
        let (long, short) = (
            try market.contract(pair.long.symbol, on: pair.long.exchange),
            try market.contract(pair.short.symbol, on: pair.short.exchange)
        )
        isStale = [long, short].contains { !$0.isActive || market.freshness(of: $0, at: now) != .fresh }
        self.long = long
        self.short = short
    }

    /// When the leg that was seen longer ago was seen.
    var lastUpdated: Date { min(long.observedAt, short.observedAt) }
}
