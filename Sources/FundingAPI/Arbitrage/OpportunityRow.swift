import Foundation
import FundingCore
import FundingJSON

/// A pair as the API answers it: what the scanner found, with what only the reader's moment decides.
struct OpportunityRow: Sendable {
    struct Leg: Sendable {
        /// With its next funding time ahead.
        var leg: SpreadLeg
        var exchangeName: String
        var tradingURL: String?
        /// Where its rate stands among what it has paid; nil if unknown.
        var zScore: Double?
        var percentile: Double?
    }

    var opportunity: Opportunity
    var worth: SpreadWorth
    /// Nil for a pair that is not listed.
    var since: Date?
    /// For how many seconds nobody has seen the pair as it stands.
    var age: TimeInterval
    var isStale: Bool
    var long: Leg
    var short: Leg

    /// `BTC|Binance:BTCUSDT|KuCoin:XBTUSDTM`, the long leg first.
    var id: String {
        "\(opportunity.spread.asset)|\(long.exchangeName):\(long.leg.symbol)|\(short.exchangeName):\(short.leg.symbol)"
    }

    /// Seconds, to a tenth.
    var roundedAge: Double { (age * 10).rounded() / 10 }

    var confidence: Confidence { Confidence(dataPoints: opportunity.statistics?.dataPoints ?? 0) }
}

extension OpportunityRow: JSONWritable {
    func write(to writer: inout JSONWriter) {
        let spread = opportunity.spread
        writer.beginObject()
        writer.field("id", id)
        writer.field("asset", spread.asset)
        writer.field("market_type", spread.marketType.rawValue)
        writer.field("arbitrage_type", spread.kind.rawValue)
        for (side, leg) in [(SpreadLeg.Side.long, long), (.short, short)] {
            leg.leg.write(side, exchange: leg.exchangeName, syncHours: spread.syncPeriodHours, to: &writer)
            writer.field(side.name("long_exchange_id", "short_exchange_id"), leg.leg.exchange.rawValue)
            writer.field(side.name("long_zscore", "short_zscore"), leg.zScore)
            writer.field(side.name("long_percentile", "short_percentile"), leg.percentile)
            writer.field(side.name("long_trading_url", "short_trading_url"), leg.tradingURL)
        }
        opportunity.writeSpread(to: &writer)
        writer.field("net_spread_8h", spread.rateSpread8h)
        writer.field("confidence", confidence.rawValue)
        worth.write(to: &writer)
        writer.field("since", since.map(Timestamp.text))
        writer.field("oldest_leg_age_seconds", roundedAge)
        writer.field("stale", isStale)
        writer.endObject()
    }

    /// A pair's row.
    static let schema = JSONShape.named(component)

    private static let component = JSONShape.Component(name: "Opportunity", schema: name.with(members))

    /// What a live frame tells of a pair that was there: the members that differ.
    static let changeSchema = JSONShape.Component(name: "OpportunityChange", schema: name.with(members.allOptional))

    private static let members = head.with(legs).with(spread).with(worth).with(moment)
    private static let name: JSONShape = ["id": .text]

    private static let head: JSONShape = [
        "asset": .text, "market_type": .words(MarketType.self), "arbitrage_type": .words(FundingSpread.Kind.self),
    ]

    private static let legs = JSONShape.record(
        ["long", "short"].flatMap { side in
            let members: [(String, JSONShape)] = [
                ("contract", .text), ("exchange", .text), ("exchange_id", .text), ("rate", .number), ("apr", .number),
                ("interval_hours", .number), ("open_interest", .number.orNull), ("hourly_rate", .number),
                ("sync_funding", .number), ("daily_funding", .number), ("next_funding_time", .timestamp.orNull),
                ("zscore", .number.orNull), ("percentile", .number.orNull), ("trading_url", .text.orNull),
            ]
            return members.map { JSONShape.Member(name: "\(side)_\($0)", schema: $1, isRequired: true) }
        })

    private static let spread: JSONShape = [
        "rate_spread": .number, "rate_spread_pct": .number, "rate_spread_8h": .number, "net_spread_8h": .number,
        "apr_spread": .number, "effective_hourly_spread": .number, "sync_period_hours": .number,
        "sync_period_spread": .number, "daily_spread": .number, "weekly_spread": .number, "monthly_spread": .number,
        "quarterly_spread": .number, "yearly_spread": .number, "combined_open_interest": .number.orNull,
        "spread_zscore": .number.orNull, "spread_mean": .number.orNull, "spread_std_dev": .number.orNull,
        "spread_percentile": .number.orNull, "spread_data_points": JSONShape.count.orNull, "is_significant": .flag,
        "significance_score": .number.orNull, "confidence": .words(Confidence.self),
        "identity": .words(PairIdentity.self), "mark_price_gap_pct": .number.orNull, "is_ranked": .flag,
        "risk_flags": .list(.text), "worst_divergence": .number.orNull,
    ]

    private static let worth: JSONShape = [
        "round_trip_fee": .number.orNull, "holding_hours": .number, "net_return": .number.orNull,
        "net_apr": .number.orNull, "break_even_hours": .number.orNull,
        "break_even_settlements": JSONShape.count.orNull,
    ]

    private static let moment: JSONShape = [
        "since": .timestamp.orNull, "oldest_leg_age_seconds": .number, "stale": .flag,
    ]
}
