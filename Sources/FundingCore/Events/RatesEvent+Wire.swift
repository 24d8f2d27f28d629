import Foundation
public import FundingJSON

/// An event that does not say what an event of its kind must say.
public struct EventError: Error, Sendable, CustomStringConvertible {
    public var description: String
}

extension RatesEvent {
    /// The event as one JSON object, version 1.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256 + changed.count * 240)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "rates")
        writer.field("seq", sequence)
        writer.field("ts", Timestamp.text(observedAt))
        writer.field("partial", isPartial)
        writer.field("batch_id", batchID)
        writer.field("feed", feed.rawValue)
        writer.field("exchange_id", exchange.rawValue)
        writer.field("exchange", exchangeName)
        writer.key("changed")
        writer.beginArray()
        for change in changed { change.write(to: &writer) }
        writer.endArray()
        writer.list("absent", absent)
        writer.list("removed", removed)
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("rates") == true else {
            throw EventError(description: "expected a rates event of version 1, found \(root.excerpt)")
        }
        self.init(
            feed: FeedID(rawValue: try root.text("feed")),
            exchange: ExchangeID(rawValue: try root.text("exchange_id")),
            exchangeName: try root.text("exchange"),
            sequence: try root.value("seq", \.int),
            observedAt: try root.value("ts") { $0.string.flatMap(Timestamp.parse) },
            batchID: try root.text("batch_id"),
            changed: try root.list("changed").map(RateChange.init(wire:)),
            absent: try root.list("absent").map { try $0.text(in: "absent") },
            removed: try root.list("removed").map { try $0.text(in: "removed") },
            isPartial: root["partial"]?.bool ?? false
        )
    }
}

extension RateChange {
    /// Writes the change as a JSON object with the field names of the API's rows.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeFields(to: &writer)
        if let raw = openInterest?.raw {
            writer.field("open_interest_raw", raw.amount)
            writer.field("open_interest_unit", raw.unit.rawValue)
        }
        writer.endObject()
    }

    /// The same into an object that is open, without how the exchange counts.
    public func writeFields(to writer: inout JSONWriter) {
        writer.field("symbol", symbol)
        writer.field("base_asset", baseAsset)
        writer.field("funding_rate", fundingRate)
        writer.field("funding_interval_hours", interval.hours)
        writer.field("apr", apr)
        writer.field("mark_price", markPrice)
        writer.field("index_price", indexPrice)
        writer.field("open_interest", openInterest?.usd)
        writer.field("next_funding_time", nextFundingTime.map(Timestamp.text))
        if let observedAt { writer.field("observed_at", Timestamp.text(observedAt)) }
    }

    init(wire row: JSONView) throws {
        self.init(
            symbol: try row.text("symbol"),
            baseAsset: try row.text("base_asset"),
            fundingRate: try row.value("funding_rate", \.double),
            interval: try row.value("funding_interval_hours") { $0.double.flatMap(FundingInterval.init(hours:)) },
            markPrice: try row.optional("mark_price", \.double),
            indexPrice: try row.optional("index_price", \.double),
            openInterest: try OpenInterest(wire: row),
            nextFundingTime: try row.optional("next_funding_time") { $0.string.flatMap(Timestamp.parse) },
            observedAt: try row.optional("observed_at") { $0.string.flatMap(Timestamp.parse) }
        )
    }
}

extension OpenInterest {
    /// Nil if the row says nothing of it.
    init?(wire row: JSONView) throws {
        let usd = try row.optional("open_interest", \.double)
        let raw = try row.optional("open_interest_raw", \.double).map { amount in
            Quantity(amount, try row.value("open_interest_unit") { $0.string.flatMap(Unit.init(rawValue:)) })
        }
        guard usd != nil || raw != nil else { return nil }
        self.init(usd: usd, raw: raw)
    }
}
