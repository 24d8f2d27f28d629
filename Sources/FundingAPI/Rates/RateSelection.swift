import Foundation
import FundingCore

/// Which contracts somebody asks for.
struct RateSelection: Sendable {
    var exchanges: Set<ExchangeID> = []
    /// In capitals; a base asset, or one kind of it: `HOOD (STOCK)`.
    var assets: Set<String> = []
    var quoteAssets: Set<String> = []
    var intervals: Set<FundingInterval> = []
    var aprBounds: (least: Double?, most: Double?) = (nil, nil)
    /// In capitals; part of a symbol or of a base asset.
    var search: String?
    var includesInactive = false

    /// The rows of all contracts that fit, in no order.
    func rows(in market: MarketState, at now: Date) -> [RateRow] {
        var rows: [RateRow] = []
        for feed in market.feeds.values where exchanges.isEmpty || exchanges.contains(feed.exchange) {
            for rate in (market.rates[feed.feed] ?? [:]).values where fits(rate) {
                let freshness = market.freshness(of: rate, at: now)
                guard includesInactive || rate.isActive && freshness != .dead else { continue }
                rows.append(
                    RateRow(
                        rate: rate, kind: feed.rateKind, exchangeName: feed.exchangeName, freshness: freshness,
                        statistics: market.statistics(of: rate), now: now))
            }
        }
        return rows
    }

    private func fits(_ rate: LiveRate) -> Bool {
        let contract = rate.contract
        guard assets.isEmpty || AssetName(of: AssetGroup(of: contract)).isAmong(assets) else { return false }
        guard quoteAssets.isEmpty || quoteAssets.contains(contract.quoteAsset.uppercased()) else { return false }
        guard intervals.isEmpty || intervals.contains(rate.interval) else { return false }
        if let least = aprBounds.least, rate.apr < least { return false }
        if let most = aprBounds.most, rate.apr > most { return false }
        guard let search else { return true }
        return contract.symbol.uppercased().contains(search) || contract.baseAsset.uppercased().contains(search)
    }
}
