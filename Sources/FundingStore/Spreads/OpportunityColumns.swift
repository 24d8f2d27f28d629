import FundingCore
import PostgresDriver

/// The columns of a pair as they are copied: once named, so that definition, names and values keep one order.
enum OpportunityColumns {
    private static let types: [(name: String, type: String)] = [
        ("long_contract_id", "integer"), ("short_contract_id", "integer"), ("asset", "text"), ("market_type", "text"),
        ("long_exchange", "text"), ("long_contract", "text"), ("short_exchange", "text"), ("short_contract", "text"),
        ("arbitrage_type", "text"), ("long_rate", "double precision"), ("short_rate", "double precision"),
        ("long_interval_hours", "double precision"), ("short_interval_hours", "double precision"),
        ("long_apr", "double precision"), ("short_apr", "double precision"),
        ("long_next_funding_time", "timestamptz"), ("short_next_funding_time", "timestamptz"),
        ("long_open_interest", "double precision"), ("short_open_interest", "double precision"),
        ("combined_open_interest", "double precision"), ("rate_spread", "double precision"),
        ("effective_hourly_spread", "double precision"), ("daily_spread", "double precision"),
        ("apr_spread", "double precision"), ("sync_period_hours", "double precision"), ("identity", "text"),
        ("mark_price_gap_pct", "double precision"), ("is_ranked", "boolean"), ("round_trip_fee", "double precision"),
        ("holding_hours", "double precision"), ("net_return", "double precision"), ("net_apr", "double precision"),
        ("break_even_hours", "double precision"), ("break_even_settlements", "bigint"),
        ("worst_divergence", "double precision"), ("spread_zscore", "double precision"),
        ("spread_mean", "double precision"), ("spread_std_dev", "double precision"),
        ("spread_percentile", "double precision"), ("spread_data_points", "integer"),
        ("significance_score", "double precision"),
    ]

    static let names = types.map(\.name).joined(separator: ", ")
    static let excluded = types.map { "excluded.\($0.name)" }.joined(separator: ", ")
    /// Flags travel as one text: a binary COPY has no arrays here.
    static let definition = (types.map { "\($0.name) \($0.type)" } + ["flags text"]).joined(separator: ", ")

    static func rows(of opportunities: [Opportunity]) -> PostgresCopyRows {
        var rows = PostgresCopyRows(columns: types.count + 1, reservingRows: opportunities.count)
        for opportunity in opportunities {
            rows.startRow()
            append(opportunity.spread, to: &rows)
            append(worthOf: opportunity, to: &rows)
            rows.append(opportunity.spread.risks.names.joined(separator: ","))
        }
        return rows
    }

    private static func append(_ spread: FundingSpread, to rows: inout PostgresCopyRows) {
        let (long, short) = (spread.long, spread.short)
        rows.append(Int32(long.id))
        rows.append(Int32(short.id))
        rows.append(spread.asset)
        rows.append(spread.marketType.rawValue)
        rows.append(long.exchange.rawValue)
        rows.append(long.symbol)
        rows.append(short.exchange.rawValue)
        rows.append(short.symbol)
        rows.append(spread.kind.rawValue)
        rows.append(long.fundingRate)
        rows.append(short.fundingRate)
        rows.append(long.interval.hours)
        rows.append(short.interval.hours)
        rows.append(long.apr)
        rows.append(short.apr)
        rows.append(long.nextFundingTime)
        rows.append(short.nextFundingTime)
        rows.append(long.openInterestUSD)
        rows.append(short.openInterestUSD)
        rows.append(spread.combinedOpenInterestUSD)
        rows.append(spread.rateSpread)
        rows.append(spread.hourlyCarry)
        rows.append(spread.dailySpread)
        rows.append(spread.aprSpread)
        rows.append(spread.syncPeriodHours)
        rows.append(spread.identity.rawValue)
        rows.append(spread.priceGapPercent)
        rows.append(spread.isRanked)
    }

    private static func append(worthOf opportunity: Opportunity, to rows: inout PostgresCopyRows) {
        let (worth, statistics) = (opportunity.worth, opportunity.statistics)
        rows.append(worth.roundTripFee)
        rows.append(worth.holdingHours)
        rows.append(worth.netReturn)
        rows.append(worth.netAPR)
        rows.append(worth.breakEvenHours)
        rows.append(worth.breakEvenSettlements)
        rows.append(opportunity.worstDivergence)
        rows.append(statistics?.zScore)
        rows.append(statistics?.mean)
        rows.append(statistics?.standardDeviation)
        rows.append(statistics?.percentile)
        rows.append(statistics.map { Int32($0.dataPoints) })
        rows.append(opportunity.significance)
    }
}
