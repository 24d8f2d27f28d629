import Foundation
import FundingCore
import FundingStore
import WebServer

/// Pairs, and the hourly history of an asset's pairs, as CSV files.
struct OpportunityExport: Sendable {
    private enum Limits {
        /// Rows that are made before they are sent.
        static let rows = 500
    }

    let source: ArbitrageSource
    let reads: TableReads

    private static let asset = Parameter<String?>.search("asset", "The asset whose pairs are wanted.").needed
    private static let exchanges = Parameter<[KnownExchange]>.exchanges(
        "exchanges", "Only pairs among these exchanges."
    ).orNamed("exchange")
    private static let days = Parameter<Int>.integer("days", in: 1...60, default: 30, "How many days back.")

    var endpoints: [Endpoint] {
        [
            .page(
                "/api/export/opportunities.csv", "text/csv", "Pairs that pay as a CSV file.",
                OpportunityParameters.filters + OpportunityParameters.order, in: .arbitrage, by: opportunities
            ).guarded(by: .heavy),
            .page(
                "/api/export/spreads.csv", "text/csv",
                "The hourly history of an asset's pairs as a CSV file: APR of contract b less APR of contract a.",
                [Self.asset, Self.exchanges, Self.days], in: .arbitrage, by: spreads
            ).guarded(by: .heavy).refusing(404),
        ]
    }

    private func opportunities(_ arguments: inout Arguments) async throws -> WebResponse {
        let moment = try source.moment()
        let filter = OpportunityFilter(&arguments)
        let order = OpportunityOrder(&arguments, holdingHours: filter.holdingHours)
        try arguments.finish()
        let pairs = order.sorted(filter.pairs(in: moment))
        return .csvFile("opportunities.csv") { writer in
            var csv = CSVWriter()
            csv.header(CSVWriter.opportunityColumns)
            for (count, pair) in pairs.enumerated() {
                csv.append(moment.row(pair, holdingHours: filter.holdingHours))
                if count % Limits.rows == Limits.rows - 1 { try await writer.write(csv.take()) }
            }
            try await writer.write(csv.take())
        }
    }

    private func spreads(_ arguments: inout Arguments) async throws -> WebResponse {
        let moment = try source.moment()
        let asset = arguments[Self.asset]
        let exchanges = arguments[Self.exchanges]
        let days = arguments[Self.days]
        try arguments.finish()
        guard let asset else { throw WebError.notFound() }
        let selection = RateSelection(exchanges: Set(exchanges.map(\.id)), assets: [asset], includesInactive: true)
        let contracts = selection.rows(in: moment.market.market, at: moment.now)
        guard !contracts.isEmpty else {
            throw WebError.notFound("There is no contract of the asset \(asset.prefix(60))")
        }
        let byID = Dictionary(contracts.map { ($0.rate.id, $0) }) { first, _ in first }
        let reader = SpreadHistoryReader(reads.pool)
        let ids = Array(byID.keys)
        let begin = moment.now.addingTimeInterval(-Double(days) * 86_400)
        // The first day is read before the answer begins: what goes wrong here can still be told by its status.
        let first = try await reader.hours(ofContracts: ids, during: begin..<begin.addingTimeInterval(86_400))
        return .csvFile("spreads-\(asset)-\(days)d.csv") { [end = moment.now] writer in
            var hours = first
            var csv = CSVWriter()
            csv.header(CSVWriter.spreadColumns)
            for day in 1...days {
                for hour in hours { csv.append(hour, byID) }
                try await writer.write(csv.take())
                guard day < days else { return }
                let start = begin.addingTimeInterval(Double(day) * 86_400)
                hours = try await reader.hours(
                    ofContracts: ids, during: start..<(day == days - 1 ? end : start.addingTimeInterval(86_400)))
            }
        }
    }
}

extension CSVWriter {
    fileprivate static let opportunityColumns = [
        "id", "asset", "market_type", "arbitrage_type", "long_exchange", "long_contract", "long_rate",
        "long_interval_hours", "long_apr", "long_open_interest", "long_next_funding_time", "short_exchange",
        "short_contract", "short_rate", "short_interval_hours", "short_apr", "short_open_interest",
        "short_next_funding_time", "rate_spread_8h", "apr_spread", "net_apr", "net_return", "round_trip_fee",
        "holding_hours", "break_even_hours", "spread_zscore", "spread_mean", "spread_std_dev", "spread_percentile",
        "spread_data_points", "worst_divergence", "identity", "mark_price_gap_pct", "is_ranked", "risk_flags",
        "oldest_leg_age_seconds", "stale",
    ]

    fileprivate static let spreadColumns = [
        "asset", "exchange_a", "contract_a", "exchange_b", "contract_b", "hour", "open", "high", "low", "close",
        "average", "hourly_rate_a", "hourly_rate_b", "seconds_observed",
    ]

    fileprivate mutating func append(_ row: OpportunityRow) {
        let (spread, statistics) = (row.opportunity.spread, row.opportunity.statistics)
        text(row.id)
        text(spread.asset)
        text(spread.marketType.rawValue)
        text(spread.kind.rawValue)
        append(row.long)
        append(row.short)
        let figures: [Double?] = [
            spread.rateSpread8h, spread.aprSpread, row.worth.netAPR, row.worth.netReturn, row.worth.roundTripFee,
            row.worth.holdingHours, row.worth.breakEvenHours, statistics?.zScore, statistics?.mean,
            statistics?.standardDeviation, statistics?.percentile, statistics.map { Double($0.dataPoints) },
            row.opportunity.worstDivergence,
        ]
        for figure in figures { number(figure) }
        text(spread.identity.rawValue)
        number(spread.priceGapPercent)
        flag(spread.isRanked)
        text(spread.risks.names.joined(separator: " "))
        number(row.roundedAge)
        flag(row.isStale)
        endRow()
    }

    private mutating func append(_ leg: OpportunityRow.Leg) {
        text(leg.exchangeName)
        text(leg.leg.symbol)
        number(leg.leg.fundingRate)
        number(leg.leg.interval.hours)
        number(leg.leg.apr)
        number(leg.leg.openInterestUSD)
        text(leg.leg.nextFundingTime.map(Timestamp.text))
    }

    fileprivate mutating func append(_ hour: SpreadHour, _ contracts: [Int: RateRow]) {
        guard let one = contracts[hour.a], let other = contracts[hour.b] else { return }
        text(one.rate.contract.baseAsset)
        for row in [one, other] {
            text(row.exchangeName)
            text(row.rate.contract.symbol)
        }
        text(Timestamp.text(hour.bucket))
        for value in [
            hour.open, hour.high, hour.low, hour.close, hour.average, hour.rateA, hour.rateB, hour.seconds,
        ] {
            number(value)
        }
        endRow()
    }
}
