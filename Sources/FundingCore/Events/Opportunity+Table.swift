import FundingJSON

/// A pair as `ArbitrageEvent` tells it: what it is made of. What follows from that is worked out again by who hears it.
extension Opportunity {
    static let table = WireTable(
        columns: ["asset", "market_type"] + SpreadLeg.columns("long") + SpreadLeg.columns("short") + [
            "identity", "mark_price_gap_pct", "risk_flags", "round_trip_fee", "holding_hours", "worst_divergence",
            "spread_data_points", "spread_mean", "spread_std_dev", "spread_zscore", "spread_percentile",
            "significance_score",
        ])

    /// Writes the row. Risk flags are one text with commas.
    func writeRow(to writer: inout JSONWriter) {
        writer.beginArray()
        writer.value(spread.asset)
        writer.value(spread.marketType.rawValue)
        spread.long.writeValues(to: &writer)
        spread.short.writeValues(to: &writer)
        writer.value(spread.identity.rawValue)
        writer.value(spread.priceGapPercent)
        writer.value(spread.risks.names.joined(separator: ","))
        writer.value(worth.roundTripFee)
        writer.value(worth.holdingHours)
        writer.value(worstDivergence)
        writer.value(statistics?.dataPoints)
        writer.value(statistics?.mean)
        writer.value(statistics?.standardDeviation)
        writer.value(statistics?.zScore)
        writer.value(statistics?.percentile)
        writer.value(significance)
        writer.endArray()
    }

    /// What a leg's own risks are is not told apart: the pair's hold them.
    init(wire row: inout WireRow) throws {
        let spread = FundingSpread(
            asset: try row.text(), marketType: try row.next { $0.string.flatMap(MarketType.init) },
            long: try SpreadLeg(wire: &row), short: try SpreadLeg(wire: &row),
            identity: try row.next { $0.string.flatMap(PairIdentity.init) },
            priceGapPercent: try row.optional(\.double),
            risks: SpreadRisks(names: try row.text().split(separator: ",").map(String.init)))
        self.init(
            spread: spread,
            worth: SpreadWorth(
                spread, roundTripFee: try row.optional(\.double), holdingHours: try row.next(\.double)),
            worstDivergence: try row.optional(\.double), statistics: try SpreadStatistics(wire: &row),
            significance: try row.optional(\.double))
    }
}

extension SpreadLeg {
    fileprivate static func columns(_ side: String) -> [String] {
        [
            "contract_id", "contract", "exchange", "feed", "rate", "interval_hours", "continuous", "open_interest",
            "next_funding_time",
        ].map { "\(side)_\($0)" }
    }

    fileprivate func writeValues(to writer: inout JSONWriter) {
        writer.value(id)
        writer.value(symbol)
        writer.value(exchange.rawValue)
        writer.value(feed.rawValue)
        writer.value(fundingRate)
        writer.value(interval.hours)
        writer.value(isContinuous)
        writer.value(openInterestUSD)
        writer.value(nextFundingTime.map(Timestamp.text))
    }

    fileprivate init(wire row: inout WireRow) throws {
        let (id, symbol) = (try row.next(\.int), try row.text())
        self.init(
            id: id, exchange: ExchangeID(rawValue: try row.text()), feed: FeedID(rawValue: try row.text()),
            symbol: symbol, fundingRate: try row.next(\.double),
            interval: try row.next { $0.double.flatMap(FundingInterval.init(hours:)) },
            isContinuous: try row.next(\.bool), nextFundingTime: nil, openInterestUSD: try row.optional(\.double))
        nextFundingTime = try row.optional { $0.string.flatMap(Timestamp.parse) }
    }
}

extension SpreadStatistics {
    /// Nil without a number of data points: nobody asked for statistics then.
    fileprivate init?(wire row: inout WireRow) throws {
        let dataPoints = try row.optional(\.int)
        let (mean, standardDeviation) = (try row.optional(\.double), try row.optional(\.double))
        let (zScore, percentile) = (try row.optional(\.double), try row.optional(\.double))
        guard let dataPoints else { return nil }
        self.init(
            dataPoints: dataPoints, mean: mean, standardDeviation: standardDeviation, zScore: zScore,
            percentile: percentile)
    }
}
