import Foundation
import FundingCore
import FundingJSON

private let pairSchema: JSONShape = [
    "long_exchange": .text, "long_contract": .text, "short_exchange": .text, "short_contract": .text,
]

extension PairRequest {
    fileprivate func writeMembers(to writer: inout JSONWriter) {
        writer.field("long_exchange", long.exchange.name)
        writer.field("long_contract", long.symbol)
        writer.field("short_exchange", short.exchange.name)
        writer.field("short_contract", short.symbol)
    }
}

extension PairReplay {
    private static let legSchema: JSONShape = [
        "received": .number, "payments": .count, "missing": .count, "pending": .count,
    ]

    static let schema = pairSchema.with([
        "start_time": .timestamp, "end_time": .timestamp, "carry": .number, "fees": .number, "net": .number,
        "net_apr": .number.orNull, "worst_balance": .number, "complete": .flag, "long": legSchema, "short": legSchema,
        "path": .list([
            "time": .timestamp, "long": .number.orNull, "short": .number.orNull, "carry": .number,
        ]),
    ])

    /// Amounts are fractions of the notional of one leg.
    func write(of pair: PairRequest, to writer: inout JSONWriter) {
        writer.beginObject()
        pair.writeMembers(to: &writer)
        writer.field("start_time", Timestamp.text(from))
        writer.field("end_time", Timestamp.text(to))
        writer.field("carry", carry)
        writer.field("fees", fees.entry + fees.exit)
        writer.field("net", net)
        writer.field("net_apr", netAPR)
        writer.field("worst_balance", worstBalance)
        writer.field("complete", isComplete)
        writer.key("long")
        Self.write(long, to: &writer)
        writer.key("short")
        Self.write(short, to: &writer)
        writer.list("path", path) { step, writer in
            writer.field("time", Timestamp.text(step.time))
            writer.field("long", step.long)
            writer.field("short", step.short)
            writer.field("carry", step.carry)
        }
        writer.endObject()
    }

    private static func write(_ leg: LegResult, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("received", leg.received)
        writer.field("payments", leg.payments)
        writer.field("missing", leg.missing)
        writer.field("pending", leg.pending)
        writer.endObject()
    }
}

extension SettlementCalendar {
    static let schema = pairSchema.with([
        "long_rate": .number, "short_rate": .number, "stale": .flag, "last_updated": .timestamp, "hours": .count,
        "payments": .list([
            "time": .timestamp, "leg": .words(PairSide.self), "amount": .number, "balance": .number,
        ]),
        "accrual_per_hour": .number, "total": .number, "worst_balance": .number, "timestamp": .timestamp,
    ])

    /// Amounts are fractions of the notional of one leg; the balance of a payment does not hold what accrues.
    func write(
        of pair: PairRequest, _ rates: PairRates, hours: Int, at now: Date, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        pair.writeMembers(to: &writer)
        writer.field("long_rate", rates.long.fundingRate)
        writer.field("short_rate", rates.short.fundingRate)
        writer.field("stale", rates.isStale)
        writer.field("last_updated", Timestamp.text(rates.lastUpdated))
        writer.field("hours", hours)
        var balance = 0.0
        writer.list("payments", payments) { payment, writer in
            balance += payment.amount
            writer.field("time", Timestamp.text(payment.time))
            writer.field("leg", payment.side.rawValue)
            writer.field("amount", payment.amount)
            writer.field("balance", balance)
        }
        writer.field("accrual_per_hour", accrualPerHour)
        writer.field("total", total)
        writer.field("worst_balance", worstBalance)
        writer.field("timestamp", Timestamp.text(now))
        writer.endObject()
    }
}
