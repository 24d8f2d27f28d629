import Foundation
import FundingCore
import FundingJSON
import WebServer

/// When and how much an asset's contracts pay next.
struct CurrentFundingEndpoint: Sendable {
    /// Seconds for which an answer may be used again: it counts down.
    private static let maxAge = 1

    let source: MarketSource

    private static let asset = Parameter<String>.asset
    private static let exchange = Parameter<KnownExchange?>.exchange(
        "exchange",
        "Whose contract stands first; if not said, that of the largest open interest of those that are not stale.")
    private static let symbol = Parameter<String?>.text("symbol", "Which contract stands first.")

    private static let countdown: JSONShape = ["hours": .count, "minutes": .count, "seconds": .count, "display": .text]
    private static let schema: JSONShape = [
        "asset": .text, "symbol": .text, "exchange": .text, "funding_rate": .number,
        "funding_rate_kind": .words(RateKind.self), "apr": .number,
        "funding_interval_hours": .number, "continuous": .flag, "next_funding_time": .timestamp.orNull,
        "period_ended": .flag, "time_until_funding": countdown.orNull, "last_updated": .timestamp, "stale": .flag,
        "contracts": .list([
            "exchange": .text, "symbol": .text, "funding_rate": .number, "funding_rate_kind": .words(RateKind.self),
            "apr": .number,
            "funding_interval_hours": .number, "continuous": .flag, "next_funding_time": .timestamp.orNull,
            "period_ended": .flag, "seconds_until_funding": .number.orNull, "stale": .flag,
        ]),
    ]
    private static let unknownSchema: JSONShape = [
        "asset": .text, "detail": .text, "error": ["code": .text, "message": .text, "request_id": .text],
    ]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/current-funding/{asset*}", .rates,
                "An asset's coming payments, of one contract and of all. One that is `continuous` pays at no time in "
                    + "particular; where `period_ended` is true nothing was read since the payment that the rate was for.",
                [Self.asset, Self.exchange, Self.symbol], answers: Self.schema, current
            ).also(404, Self.unknownSchema, "There is no such asset, or no such contract of it.")
        ]
    }

    private func current(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let now = Date()
        let asset = arguments[Self.asset]
        let exchange = arguments[Self.exchange]
        let symbol = arguments[Self.symbol]
        try arguments.finish()
        let name = picture.market.asset(named: asset, at: now)
        let listed = RateOrder(key: .openInterest).sorted(
            RateSelection(assets: [name.text], includesInactive: true).rows(in: picture.market, at: now)
        ).filter(\.rate.isActive)
        // Of two feeds of an exchange, the one that is down must not stand before the other.
        let rows = listed.filter { $0.freshness == .fresh } + listed.filter { $0.freshness == .stale }
        // While an exchange is out of reach its contracts are known all the same; `stale` says how it is.
        let primary = (rows + listed).first { row in
            (exchange.map { row.rate.contract.exchange == $0.id } ?? true)
                && (symbol.map { row.rate.contract.symbol == $0 } ?? true)
        }
        guard let primary else { return Self.unknown(asset, arguments.request) }
        return source.json(picture, now, maxAge: Self.maxAge) { writer in
            writer.beginObject()
            writer.field("asset", asset)
            Self.writeMembers(of: primary, to: &writer)
            let next = primary.rate.comingFundingTime(at: now)
            writer.key("time_until_funding")
            Self.write(countdown: next.map { $0.timeIntervalSince(now) }, to: &writer)
            writer.field("last_updated", Timestamp.text(primary.rate.observedAt))
            writer.list("contracts", rows) { row, writer in
                Self.writeMembers(of: row, to: &writer)
                let next = row.rate.comingFundingTime(at: now)
                writer.field("seconds_until_funding", next.map { $0.timeIntervalSince(now).rounded(.up) })
            }
            writer.endObject()
        }
    }

    private static func writeMembers(of row: RateRow, to writer: inout JSONWriter) {
        writer.field("symbol", row.rate.contract.symbol)
        writer.field("exchange", row.exchangeName)
        writer.field("funding_rate", row.rate.fundingRate)
        writer.field("funding_rate_kind", row.kind.rawValue)
        writer.field("apr", row.rate.apr)
        writer.field("funding_interval_hours", row.rate.interval.hours)
        writer.field("continuous", row.rate.isContinuous)
        writer.field("next_funding_time", row.rate.comingFundingTime(at: row.now).map(Timestamp.text))
        writer.field("period_ended", row.rate.isOfEndedPeriod(at: row.now))
        writer.field("stale", row.freshness != .fresh)
    }

    private static func write(countdown seconds: TimeInterval?, to writer: inout JSONWriter) {
        guard let seconds else { return writer.null() }
        let whole = Int(max(0, seconds).rounded(.up))
        let parts = [whole / 3600, whole / 60 % 60, whole % 60]
        writer.beginObject()
        writer.field("hours", parts[0])
        writer.field("minutes", parts[1])
        writer.field("seconds", parts[2])
        writer.field("display", parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":"))
        writer.endObject()
    }

    /// As the usual error, and with the members that clients of the API before this one look for.
    private static func unknown(_ asset: String, _ request: WebRequest) -> WebResponse {
        let error = WebError.notFound("There is no such contract of the asset \(asset.prefix(60))")
        return .json(ErrorBody.body(of: error, request) { $0.field("asset", asset) }, status: error.status)
    }
}
