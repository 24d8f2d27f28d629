import FundingCore
import FundingJSON

/// What pairs add up to.
struct OpportunityStatistics: Sendable {
    var count = 0
    var significant = 0
    var sumOfRatePercent = 0.0
    var sumOfAPR = 0.0
    var highestRatePercent: Double?
    var highestCarry: Double?
    var highestNetAPR: Double?

    init(of pairs: [ListedOpportunity], holdingHours: Double?) {
        for pair in pairs {
            let ratePercent = pair.opportunity.spread.rateSpread * 100
            count += 1
            sumOfRatePercent += ratePercent
            sumOfAPR += pair.aprSpread
            highestRatePercent = max(highestRatePercent ?? ratePercent, ratePercent)
            highestCarry = max(highestCarry ?? pair.hourlyCarry, pair.hourlyCarry)
            if pair.opportunity.statistics?.isSignificant == true { significant += 1 }
            if let net = pair.worth(holdingHours: holdingHours).netAPR {
                highestNetAPR = max(highestNetAPR ?? net, net)
            }
        }
    }

    static let schema: JSONShape = [
        "total_opportunities": .count, "average_spread": .number, "max_spread": .number,
        "average_apr_spread": .number, "max_apr_spread": .number, "max_daily_spread": .number,
        "max_hourly_spread": .number, "max_net_apr": .number.orNull, "significant_count": .count,
        "contracts_analyzed": .count,
    ]

    /// Spreads in percent; 0 where there is no pair, as clients expect numbers.
    /// - Parameter contracts: how many the scanner has compared.
    func write(contracts: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("total_opportunities", count)
        writer.field("average_spread", count == 0 ? 0 : sumOfRatePercent / Double(count))
        writer.field("max_spread", highestRatePercent ?? 0)
        writer.field("average_apr_spread", count == 0 ? 0 : sumOfAPR / Double(count))
        writer.field("max_apr_spread", (highestCarry ?? 0) * Annualising.aprPerHourlyRate)
        writer.field("max_daily_spread", (highestCarry ?? 0) * 2400)
        writer.field("max_hourly_spread", (highestCarry ?? 0) * 100)
        writer.field("max_net_apr", highestNetAPR)
        writer.field("significant_count", significant)
        writer.field("contracts_analyzed", contracts)
        writer.endObject()
    }
}
