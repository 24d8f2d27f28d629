public import FundingJSON

extension Opportunity {
    /// Writes what the pair pays, where that stands among its past, and what speaks against it.
    public func writeSpread(to writer: inout JSONWriter) {
        writer.field("rate_spread", spread.rateSpread)
        writer.field("rate_spread_pct", spread.rateSpread * 100)
        writer.field("rate_spread_8h", spread.rateSpread8h)
        writer.field("apr_spread", spread.aprSpread)
        writer.field("effective_hourly_spread", spread.hourlyCarry)
        writer.field("sync_period_hours", spread.syncPeriodHours)
        writer.field("sync_period_spread", spread.syncPeriodSpread)
        writer.field("daily_spread", spread.dailySpread)
        writer.field("weekly_spread", spread.weeklySpread)
        writer.field("monthly_spread", spread.monthlySpread)
        writer.field("quarterly_spread", spread.quarterlySpread)
        writer.field("yearly_spread", spread.yearlySpread)
        writer.field("combined_open_interest", spread.combinedOpenInterestUSD)
        writer.field("spread_zscore", statistics?.zScore)
        writer.field("spread_mean", statistics?.mean)
        writer.field("spread_std_dev", statistics?.standardDeviation)
        writer.field("spread_percentile", statistics?.percentile)
        writer.field("spread_data_points", statistics?.dataPoints)
        writer.field("is_significant", statistics?.isSignificant ?? false)
        writer.field("significance_score", significance)
        writer.field("identity", spread.identity.rawValue)
        writer.field("mark_price_gap_pct", spread.priceGapPercent)
        writer.field("is_ranked", spread.isRanked)
        writer.field("risk_flags", spread.risks.names)
        writer.field("worst_divergence", worstDivergence)
    }
}

extension SpreadWorth {
    /// Writes what is left after costs.
    public func write(to writer: inout JSONWriter) {
        writer.field("round_trip_fee", roundTripFee)
        writer.field("holding_hours", holdingHours)
        writer.field("net_return", netReturn)
        writer.field("net_apr", netAPR)
        writer.field("break_even_hours", breakEvenHours)
        writer.field("break_even_settlements", breakEvenSettlements)
    }
}

extension SpreadLeg {
    /// Which leg of its pair it is.
    public enum Side: Sendable {
        case long, short

        /// The name of a member, of the two that a pair has.
        public func name(_ long: StaticString, _ short: StaticString) -> StaticString { self == .long ? long : short }
    }

    /// Writes the leg's members.
    /// - Parameters:
    ///   - exchange: its id, or its name where people read it.
    ///   - syncHours: the pair's sync period.
    public func write(_ side: Side, exchange: String, syncHours: Double, to writer: inout JSONWriter) {
        writer.field(side.name("long_contract", "short_contract"), symbol)
        writer.field(side.name("long_exchange", "short_exchange"), exchange)
        writer.field(side.name("long_rate", "short_rate"), fundingRate)
        writer.field(side.name("long_apr", "short_apr"), apr)
        writer.field(side.name("long_interval_hours", "short_interval_hours"), interval.hours)
        writer.field(side.name("long_open_interest", "short_open_interest"), openInterestUSD)
        writer.field(side.name("long_hourly_rate", "short_hourly_rate"), hourlyRate)
        writer.field(side.name("long_sync_funding", "short_sync_funding"), hourlyRate * syncHours)
        writer.field(side.name("long_daily_funding", "short_daily_funding"), dailyFunding)
        writer.field(
            side.name("long_next_funding_time", "short_next_funding_time"), nextFundingTime.map(Timestamp.text))
    }
}

extension ArbitrageSummary {
    /// Writes the summary as a JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("contracts_analyzed", contracts)
        writer.field("total_pairs", pairs)
        writer.field("total_opportunities", ranked)
        writer.field("max_apr_spread", maximumAPRSpread)
        writer.field("significant_count", significant)
        writer.endObject()
    }
}

extension ArbitrageSummary {
    init(wire json: JSONView) throws {
        self.init(
            contracts: try json.value("contracts_analyzed", \.int), pairs: try json.value("total_pairs", \.int),
            ranked: try json.value("total_opportunities", \.int),
            maximumAPRSpread: try json.optional("max_apr_spread", \.double),
            significant: try json.value("significant_count", \.int))
    }
}
