public import FundingJSON

extension Opportunity {
    /// Writes the pair as a JSON object with the field names of the API's rows: what the pair is made of and the few figures
    /// that a listener sorts by. Thousands of pairs move at once, and what follows from these members is not told.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("key", spread.name)
        writer.field("asset", spread.asset)
        writer.field("market_type", spread.marketType.rawValue)
        for (side, leg) in [(SpreadLeg.Side.long, spread.long), (.short, spread.short)] {
            writer.field(side.name("long_contract_id", "short_contract_id"), leg.id)
            writer.field(side.name("long_contract", "short_contract"), leg.symbol)
            writer.field(side.name("long_exchange", "short_exchange"), leg.exchange.rawValue)
            writer.field(side.name("long_feed", "short_feed"), leg.feed.rawValue)
            writer.field(side.name("long_rate", "short_rate"), leg.fundingRate)
            writer.field(side.name("long_interval_hours", "short_interval_hours"), leg.interval.hours)
            writer.field(side.name("long_continuous", "short_continuous"), leg.isContinuous)
            writer.field(side.name("long_open_interest", "short_open_interest"), leg.openInterestUSD)
            writer.field(
                side.name("long_next_funding_time", "short_next_funding_time"),
                leg.nextFundingTime.map(Timestamp.text))
        }
        writer.field("apr_spread", spread.aprSpread)
        writer.field("is_ranked", spread.isRanked)
        writer.field("identity", spread.identity.rawValue)
        writer.field("mark_price_gap_pct", spread.priceGapPercent)
        writer.field("risk_flags", spread.risks.names)
        writer.field("worst_divergence", worstDivergence)
        writer.field("spread_zscore", statistics?.zScore)
        writer.field("spread_mean", statistics?.mean)
        writer.field("spread_std_dev", statistics?.standardDeviation)
        writer.field("spread_percentile", statistics?.percentile)
        writer.field("spread_data_points", statistics?.dataPoints)
        writer.field("significance_score", significance)
        writer.field("round_trip_fee", worth.roundTripFee)
        writer.field("holding_hours", worth.holdingHours)
        writer.field("net_apr", worth.netAPR)
        writer.endObject()
    }

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

// MARK: - Reading

extension Opportunity {
    /// What a leg's own risks are is not told apart: the pair's hold them.
    init(wire row: JSONView) throws {
        let spread = FundingSpread(
            asset: try row.text("asset"),
            marketType: try row.value("market_type") { $0.string.flatMap(MarketType.init) },
            long: try SpreadLeg(.long, wire: row), short: try SpreadLeg(.short, wire: row),
            identity: try row.value("identity") { $0.string.flatMap(PairIdentity.init) },
            priceGapPercent: try row.optional("mark_price_gap_pct", \.double),
            risks: SpreadRisks(names: try row.list("risk_flags").map { try $0.text(in: "risk_flags") })
        )
        self.init(
            spread: spread,
            worth: SpreadWorth(
                spread, roundTripFee: try row.optional("round_trip_fee", \.double),
                holdingHours: try row.value("holding_hours", \.double)),
            worstDivergence: try row.optional("worst_divergence", \.double),
            statistics: try row.optional("spread_data_points", \.int).map { points in
                SpreadStatistics(
                    dataPoints: points, mean: try row.optional("spread_mean", \.double),
                    standardDeviation: try row.optional("spread_std_dev", \.double),
                    zScore: try row.optional("spread_zscore", \.double),
                    percentile: try row.optional("spread_percentile", \.double))
            },
            significance: try row.optional("significance_score", \.double)
        )
    }
}

extension SpreadLeg {
    fileprivate init(_ side: Side, wire row: JSONView) throws {
        func name(_ long: String, _ short: String) -> String { side == .long ? long : short }
        self.init(
            id: try row.value(name("long_contract_id", "short_contract_id"), \.int),
            exchange: ExchangeID(rawValue: try row.text(name("long_exchange", "short_exchange"))),
            feed: FeedID(rawValue: try row.text(name("long_feed", "short_feed"))),
            symbol: try row.text(name("long_contract", "short_contract")),
            fundingRate: try row.value(name("long_rate", "short_rate"), \.double),
            interval: try row.value(name("long_interval_hours", "short_interval_hours")) {
                $0.double.flatMap(FundingInterval.init(hours:))
            },
            isContinuous: try row.value(name("long_continuous", "short_continuous"), \.bool),
            nextFundingTime: try row.optional(name("long_next_funding_time", "short_next_funding_time")) {
                $0.string.flatMap(Timestamp.parse)
            },
            openInterestUSD: try row.optional(name("long_open_interest", "short_open_interest"), \.double)
        )
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
