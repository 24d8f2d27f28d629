import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// What a pair has paid and will pay, and when the market pays next.
struct PairEndpoints: Sendable {
    private static let kept = Duration.seconds(30)
    /// Payments before and after the time of a replay that tell the grid on which others are missing, in seconds.
    private static let margin: TimeInterval = 2 * 86_400

    let source: MarketSource
    let reads: TableReads

    private static let from = Parameter<Date?>.time(
        "start_time", "When the position is entered; 30 days back if not said.")
    private static let to = Parameter<Date?>.time(
        "end_time", "When it is left; now if not said, or if it lies ahead.")
    private static let longFee = fee("long_fee", of: "long")
    private static let shortFee = fee("short_fee", of: "short")
    private static let hours = Parameter<Int>.integer("hours", in: 1...168, default: 24, "How far to look ahead.")
    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchanges", "Only these exchanges.")
        .orNamed("exchange")

    private static func fee(_ name: String, of leg: String) -> Parameter<Double> {
        .number(
            name, in: -0.01...0.1, default: 0,
            "What each of the \(leg) leg's two fills costs, as a fraction of notional.")
    }

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/pairs/replay", .arbitrage,
                "What a pair would really have paid, by what was settled. Missing payments are counted, not filled in; those "
                    + "that fell due in the last quarter of an hour and may still come are `pending`.",
                PairRequest.parameters + [Self.from, Self.to, Self.longFee, Self.shortFee],
                answers: PairReplay.schema, replay
            ).guarded(by: .heavy).refusing(404),
            .get(
                "/api/pairs/calendar", .arbitrage,
                "Every coming payment of a pair, if its rates stay as they are. It is `stale` if a leg has not been seen "
                    + "lately, or is no longer listed; `last_updated` is of the leg that was seen longer ago.",
                PairRequest.parameters + [Self.hours], answers: SettlementCalendar.schema, calendar
            ).refusing(404),
            .get(
                "/api/calendar", .rates,
                "When which exchange pays next, and for how many contracts, of those that were seen in the last hour.",
                [Self.hours, Self.exchanges], answers: Self.marketSchema, market),
        ]
    }

    // MARK: Replay

    private func replay(_ arguments: inout Arguments) async throws -> WebResponse {
        _ = try source.picture()
        let pair = PairRequest(&arguments)
        let to = arguments[Self.to]
        let from = arguments[Self.from]
        let (longFee, shortFee) = (arguments[Self.longFee], arguments[Self.shortFee])
        let now = Date()
        // Time that has not passed has paid nothing.
        let end = min(to ?? now, now)
        let start = from ?? end.addingTimeInterval(-30 * 86_400)
        if start >= end {
            arguments.report(
                "value_error", Self.from.declaration, "start_time must be before end_time and before now",
                Timestamp.text(start))
        }
        if end.timeIntervalSince(start) > 400 * 86_400 {
            arguments.report("value_error", Self.from.declaration, "at most 400 days", Timestamp.text(start))
        }
        try arguments.finish()
        guard let pair else { throw WebError.notFound() }
        return try await reads.json(arguments, for: Self.kept) { [reads] in
            let legs = try await reads.legs(
                of: pair, during: start.addingTimeInterval(-Self.margin)...end.addingTimeInterval(Self.margin))
            let replay = PairReplay(
                long: legs.long, short: legs.short, from: start, to: end,
                fees: PairReplay.Fees(long: longFee, short: shortFee), now: now,
                publicationDelay: HistoryStore.publicationDelay)
            var writer = JSONWriter(reservingCapacity: 1000 + replay.path.count * 120)
            replay.write(of: pair, to: &writer)
            return writer
        }
    }

    // MARK: Calendars

    private func calendar(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let pair = PairRequest(&arguments)
        let hours = arguments[Self.hours]
        try arguments.finish()
        guard let pair else { throw WebError.notFound() }
        let now = Date()
        let rates = try PairRates(of: pair, in: picture.market, at: now)
        let calendar = SettlementCalendar(
            long: SettlementCalendar.Leg(rates.long), short: SettlementCalendar.Leg(rates.short), now: now,
            horizon: .seconds(hours * 3600))
        return source.json(picture, now) { calendar.write(of: pair, rates, hours: hours, at: now, to: &$0) }
    }

    private static let marketSchema: JSONShape = [
        "hours": .count,
        "settlements": .list([
            "time": .timestamp, "seconds_until": .number, "exchange": .text, "exchange_id": .text, "contracts": .count,
        ]),
        "continuous": .map(.count), "timestamp": .timestamp,
    ]

    private func market(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let hours = arguments[Self.hours]
        let wanted = Set(arguments[Self.exchanges].map(\.id))
        try arguments.finish()
        let names = ExchangeNames(picture)
        let now = Date()
        let market = picture.market
        // Of an exchange that is out of reach, nobody knows what it still lists and when that pays.
        let rates = market.allRates.filter { rate in
            (wanted.isEmpty || wanted.contains(rate.contract.exchange)) && market.isVisible(rate, at: now)
        }
        let calendar = MarketCalendar(rates, now: now, horizon: .seconds(hours * 3600))
        return source.json(picture, now) { writer in
            writer.beginObject()
            writer.field("hours", hours)
            writer.list("settlements", calendar.entries) { entry, writer in
                writer.field("time", Timestamp.text(entry.time))
                writer.field("seconds_until", entry.time.timeIntervalSince(now).rounded(.up))
                writer.field("exchange", names[entry.exchange])
                writer.field("exchange_id", entry.exchange.rawValue)
                writer.field("contracts", entry.contracts)
            }
            // Contracts whose funding accrues all the time.
            writer.key("continuous")
            writer.beginObject()
            for (exchange, count) in calendar.continuous.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                writer.key(exchange.rawValue)
                writer.value(count)
            }
            writer.endObject()
            writer.field("timestamp", Timestamp.text(now))
            writer.endObject()
        }
    }
}

extension TableReads {
    /// What history holds of both legs.
    /// - Throws: 404 if one of the contracts is not known.
    fileprivate func legs(
        of pair: PairRequest, during window: ClosedRange<Date>
    ) async throws -> (long: PairReplay.Leg, short: PairReplay.Leg) {
        let contracts = try await history.contracts(feeds: nil, symbols: [pair.long.symbol, pair.short.symbol])
        func contract(_ leg: PairRequest.Leg) throws(WebError) -> HistoryContract {
            let found = contracts.first {
                $0.contract.exchange == leg.exchange.id && $0.contract.symbol == leg.symbol
            }
            guard let found else {
                throw .noContract(leg.symbol, on: leg.exchange)
            }
            return found
        }
        let (long, short) = (try contract(pair.long), try contract(pair.short))
        let points = try await history.points(of: [long.id, short.id], during: window)
        let ended = try await history.lastPayments(of: [long, short].filter { !$0.isActive }.map(\.id))
        func leg(_ contract: HistoryContract) -> PairReplay.Leg {
            PairReplay.Leg(
                points: points[contract.id] ?? [], ledger: contract.ledger, listedAt: contract.contract.listedAt,
                isActive: contract.isActive, lastPaidAt: ended[contract.id])
        }
        return (leg(long), leg(short))
    }
}
