import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import WebServer

/// `GET /api/arbitrage/opportunity-detail/…`: one pair in the direction that is asked for, whichever way it pays, and what
/// it was in the last 30 days.
struct OpportunityDetailEndpoint: Sendable {
    private static let kept = Duration.seconds(30)
    private static let past: TimeInterval = 30 * 86_400

    let source: ArbitrageSource
    let reads: TableReads

    private static let asset = Parameter<String>.asset
    private static let longExchange = Parameter<KnownExchange?>.exchange("long_exchange", "Where the long leg is.")
        .inPath
    private static let shortExchange = Parameter<KnownExchange?>.exchange("short_exchange", "Where the short leg is.")
        .inPath
    private static let longContract = Parameter<String?>.text(
        "long_contract", "The long leg's symbol; of the pair that pays most if not said.")
    private static let shortContract = Parameter<String?>.text(
        "short_contract", "The short leg's symbol; of the pair that pays most if not said.")

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/arbitrage/opportunity-detail/{asset}/{long_exchange}/{short_exchange}", .arbitrage,
                """
                One pair, and hour by hour what it was in the last 30 days: APR of the short leg less APR of the long. \
                Hours in which the pair did not reach the floor or paid nothing are not kept: what stands under \
                `historical` is of the hours that were, and `coverage_pct` is their share of all 720.
                """,
                [Self.asset, Self.longExchange, Self.shortExchange, Self.longContract, Self.shortContract],
                answers: Self.schema, detail
            ).guarded(by: .heavy).refusing(404)
        ]
    }

    private static let body: JSONShape = [
        "opportunity": OpportunityRow.schema, "is_listed": .flag,
        "historical": SpreadRecord.schema.with(["spread_history": .list(["time": .timestamp, "apr_spread": .number])]),
        "all_time": JSONShape.optional([
            "data_points": .count, "mean": .number, "std_dev": .number.orNull, "min": .number, "max": .number,
            "median": .number, "last_hour": .timestamp,
        ]),
        "historical_mean": .number.orNull, "historical_std_dev": .number.orNull, "spread_z_score": .number.orNull,
        "confidence": .words(Confidence.self),
    ]
    private static let schema = body.with(ArbitrageSource.stateSchema)

    private func detail(_ arguments: inout Arguments) async throws -> WebResponse {
        let moment = try source.moment()
        let asset = arguments[Self.asset]
        let (long, short) = (arguments[Self.longExchange], arguments[Self.shortExchange])
        let (longContract, shortContract) = (arguments[Self.longContract], arguments[Self.shortContract])
        try arguments.finish()
        guard let long, let short else { throw WebError.notFound() }
        let longLegs = try moment.contracts(of: asset, on: long, named: longContract)
        let shortLegs = try moment.contracts(of: asset, on: short, named: shortContract)
        guard let (widest, isListed) = moment.widest(longLegs, shortLegs) else {
            throw WebError.notFound("\(long.name) and \(short.name) make no pair of \(asset.prefix(60))")
        }
        var row = widest
        let spread = row.opportunity.spread
        let (past, allTime) = try await history(of: spread, at: moment.now)
        if row.opportunity.statistics?.mean == nil {
            row.opportunity.statistics = try await statistics(of: spread, at: moment.now)
        }
        return source.json(moment) { writer in
            writer.field("opportunity", row)
            writer.field("is_listed", isListed)
            writer.key("historical")
            writer.raw(past)
            writer.key("all_time")
            writer.raw(allTime)
            writer.field("historical_mean", row.opportunity.statistics?.mean)
            writer.field("historical_std_dev", row.opportunity.statistics?.standardDeviation)
            writer.field("spread_z_score", row.opportunity.statistics?.zScore)
            writer.field("confidence", row.confidence.rawValue)
        }
    }

    // MARK: - The past

    /// Both parts as JSON; kept for a while, for they change by the hour.
    private func history(of spread: FundingSpread, at now: Date) async throws -> (past: [UInt8], allTime: [UInt8]) {
        let (long, short) = (spread.long.id, spread.short.id)
        let name = "spread history \(ServiceProcess.version) \(long) \(short)"
        let reader = SpreadHistoryReader(reads.pool)
        let past = try await reads.cache.bytes(name, for: Self.kept) {
            let hours = try await reader.hours(of: long, and: short, during: now.addingTimeInterval(-Self.past)..<now)
            var writer = JSONWriter(reservingCapacity: 400 + hours.count * 260)
            writer.beginObject()
            let record = SpreadRecord(hours, long: long)
            record.writeMembers(to: &writer)
            writer.list("spread_history", record.hours) { hour, writer in
                writer.field("time", Timestamp.text(hour.time))
                writer.field("apr_spread", hour.average)
            }
            writer.endObject()
            return writer.bytes
        }
        let allTime = try await reads.cache.bytes(name + " summary", for: Self.kept) {
            var writer = JSONWriter(reservingCapacity: 200)
            Self.write(try await reader.summary(of: long, and: short), isForward: long < short, to: &writer)
            return writer.bytes
        }
        return (past, allTime)
    }

    /// Of a pair that the scanner does not judge, because it pays too little to be asked for or is not listed: where
    /// its spread stands among the hours that both legs were paid for, as the scanner would have it. The hours that are
    /// answered beside it will not do: those in which it paid little are not among them.
    ///
    /// Kept by the spread as well, so that what is told always belongs to the rates beside it.
    private func statistics(of spread: FundingSpread, at now: Date) async throws -> SpreadStatistics {
        let (long, short, apr) = (spread.long.id, spread.short.id, spread.aprSpread)
        let name = "spread statistics \(ServiceProcess.version) \(long) \(short) \(apr)"
        let store = StatisticsStore(reads.pool)
        let kept = try await reads.cache.bytes(name, for: Self.kept) {
            let windows = try await store.windows(of: [long, short], after: now - SlidingStatistics.span)
            let none = SlidingStatistics()
            let statistics = SpreadStatistics(
                of: apr, long: windows[long] ?? none, short: windows[short] ?? none, at: now)
            var writer = JSONWriter(reservingCapacity: 200)
            statistics.write(to: &writer)
            return writer.bytes
        }
        return SpreadStatistics(kept: try JSONDocument(kept).root)
    }

    /// - Parameter isForward: it was stored in the direction that is asked for.
    private static func write(_ summary: SpreadHistoryReader.Summary?, isForward: Bool, to writer: inout JSONWriter) {
        guard let summary else { return writer.null() }
        writer.beginObject()
        writer.field("data_points", summary.dataPoints)
        writer.field("mean", isForward ? summary.mean : -summary.mean)
        writer.field("std_dev", summary.standardDeviation)
        writer.field("min", isForward ? summary.lowest : -summary.highest)
        writer.field("max", isForward ? summary.highest : -summary.lowest)
        writer.field("median", isForward ? summary.median : -summary.median)
        writer.field("last_hour", Timestamp.text(summary.lastBucket))
        writer.endObject()
    }
}

extension OpportunityMoment {
    /// The listed contracts of an asset on an exchange.
    /// - Throws: 404 if there are none.
    fileprivate func contracts(
        of asset: String, on exchange: KnownExchange, named symbol: String?
    ) throws(WebError) -> [LiveRate] {
        let name = market.market.asset(named: asset, at: now)
        let selection = RateSelection(exchanges: [exchange.id], assets: [name.text], includesInactive: true)
        let found = selection.rows(in: market.market, at: now).map(\.rate).filter { rate in
            rate.isActive && (symbol.map { rate.contract.symbol == $0 } ?? true)
        }
        guard !found.isEmpty else {
            let contract = symbol.map { " \($0.prefix(60))" } ?? ""
            throw .notFound("There is no contract\(contract) of \(asset.prefix(60)) on \(exchange.name)")
        }
        return found
    }

    /// The pair that pays most, or costs least, in that direction, and whether it is listed so. One that is surely of one
    /// asset and up to date goes before all others: two coins of one ticker would nearly always pay more.
    fileprivate func widest(_ longs: [LiveRate], _ shorts: [LiveRate]) -> (row: OpportunityRow, isListed: Bool)? {
        var best: (long: LiveRate, short: LiveRate, rank: (Int, Double))?
        for long in longs {
            for short in shorts
            where long.contract.exchange != short.contract.exchange
                && long.contract.marketType == short.contract.marketType
            {
                let isFresh =
                    now.timeIntervalSince(min(long.observedAt, short.observedAt)) <= OpportunityFilter.usualAge
                let isSound = isFresh && FundingSpread(long: long, short: short).isRanked
                let rank = (isSound ? 1 : 0, short.hourlyRate - long.hourlyRate)
                if let best, best.rank >= rank { continue }
                best = (long, short, rank)
            }
        }
        guard let best else { return nil }
        let seen = FundingSpread(long: best.long, short: best.short)
        if let listed = list[seen.key] { return (row(listed), true) }
        if let reversed = list[seen.reversed.key] {
            let opportunity = reversed.opportunity.reversed
            let row = row(opportunity, worth: opportunity.worth, since: nil, age: age(of: reversed))
            return (row, false)
        }
        let opportunity = Opportunity(
            spread: seen, worth: SpreadWorth(seen, roundTripFee: nil, holdingHours: SpreadPolicy().holdingHours),
            worstDivergence: nil, statistics: nil, significance: nil)
        let age = now.timeIntervalSince(min(best.long.observedAt, best.short.observedAt))
        return (row(opportunity, worth: opportunity.worth, since: nil, age: max(0, age)), false)
    }
}
