import Foundation
import FundingCore
import FundingJSON

/// One contract as the API lists it: the rate with what only the reader's moment decides.
struct RateRow: Sendable {
    var rate: LiveRate
    var kind: RateKind
    var exchangeName: String
    var freshness: Freshness
    /// Where the rate stands among its last 30 days; nil where that is unknown.
    var statistics: ContractStatistics?
    var now: Date

    var age: TimeInterval { max(0, now.timeIntervalSince(rate.observedAt)) }

    /// Writes the row with the named members.
    func write(_ fields: [RateField], to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(fields, to: &writer)
        writer.endObject()
    }

    /// Writes the named members alone, into an object that has been begun.
    func writeMembers(_ fields: [RateField], to writer: inout JSONWriter) {
        for field in fields {
            writer.key(field.rawValue)
            field.write(self, to: &writer)
        }
    }
}

/// The members of a contract's row, in the order in which they are written.
enum RateField: String, Sendable, CaseIterable {
    case exchange
    case exchangeID = "exchange_id"
    case symbol
    case baseAsset = "base_asset"
    case quoteAsset = "quote_asset"
    case settleAsset = "settle_asset"
    case fundingRate = "funding_rate"
    case fundingRateKind = "funding_rate_kind"
    case fundingIntervalHours = "funding_interval_hours"
    case hourlyRate = "hourly_rate"
    case apr
    case nextFundingTime = "next_funding_time"
    case secondsUntilFunding = "seconds_until_funding"
    case periodEnded = "period_ended"
    case continuous
    case indexPrice = "index_price"
    case markPrice = "mark_price"
    case openInterest = "open_interest"
    case openInterestRaw = "open_interest_raw"
    case openInterestUnit = "open_interest_unit"
    case contractType = "contract_type"
    case marketType = "market_type"
    case multiplier
    case tradingURL = "trading_url"
    case isActive = "is_active"
    case lastUpdated = "last_updated"
    case ageSeconds = "age_seconds"
    case hoursSinceUpdate = "hours_since_update"
    case stale
    case mean30d = "mean_30d"
    case standardDeviation30d = "std_dev_30d"
    case meanAPR30d = "mean_30d_apr"
    case standardDeviationAPR30d = "std_dev_30d_apr"
    case zScore = "current_z_score"
    case percentile = "current_percentile"
    case percentileAPR = "current_percentile_apr"
    case confidence

    /// Writes the member's value.
    func write(_ row: RateRow, to writer: inout JSONWriter) {
        let rate = row.rate
        switch self {
        case .exchange: writer.value(row.exchangeName)
        case .exchangeID: writer.value(rate.contract.exchange.rawValue)
        case .symbol: writer.value(rate.contract.symbol)
        case .baseAsset: writer.value(rate.contract.baseAsset)
        case .quoteAsset: writer.value(rate.contract.quoteAsset)
        case .settleAsset: writer.value(rate.contract.settleAsset)
        case .fundingRate: writer.value(rate.fundingRate)
        case .fundingRateKind: writer.value(row.kind.rawValue)
        case .fundingIntervalHours: writer.value(rate.interval.hours)
        case .hourlyRate: writer.value(rate.hourlyRate)
        case .apr: writer.value(rate.apr)
        case .nextFundingTime: writer.value(rate.comingFundingTime(at: row.now).map(Timestamp.text))
        case .secondsUntilFunding:
            writer.value(rate.comingFundingTime(at: row.now).map { $0.timeIntervalSince(row.now).rounded(.up) })
        case .periodEnded: writer.value(rate.isOfEndedPeriod(at: row.now))
        case .continuous: writer.value(rate.isContinuous)
        case .indexPrice: writer.value(rate.indexPrice)
        case .markPrice: writer.value(rate.markPrice)
        case .openInterest: writer.value(rate.openInterestUSD)
        case .openInterestRaw: writer.value(rate.openInterest?.raw?.amount)
        case .openInterestUnit: writer.value(rate.openInterest?.raw?.unit.rawValue)
        case .contractType: writer.value(rate.contract.contractType.rawValue)
        case .marketType: writer.value(rate.contract.marketType.rawValue)
        case .multiplier: writer.value(rate.contract.denomination)
        case .tradingURL: writer.value(rate.contract.tradingURL)
        case .isActive: writer.value(rate.isActive)
        case .lastUpdated: writer.value(Timestamp.text(rate.observedAt))
        case .ageSeconds: writer.value((row.age * 10).rounded() / 10)
        case .hoursSinceUpdate: writer.value((row.age / 3600 * 1000).rounded() / 1000)
        case .stale: writer.value(row.freshness != .fresh)
        case .mean30d: writer.value(row.statistics?.rates?.mean)
        case .standardDeviation30d: writer.value(row.statistics?.rates?.standardDeviation)
        case .meanAPR30d: writer.value(row.statistics?.aprs?.mean)
        case .standardDeviationAPR30d: writer.value(row.statistics?.aprs?.standardDeviation)
        case .zScore: writer.value(row.statistics?.zScore)
        // A rate a year is a multiple of the rate, so that both stand at the same place.
        case .percentile, .percentileAPR: writer.value(row.statistics?.percentile)
        case .confidence: writer.value((row.statistics?.confidence ?? .none).rawValue)
        }
    }
}
