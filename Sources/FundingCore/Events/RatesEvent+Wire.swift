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
            removed: try root.list("removed").map { try $0.text(in: "removed") }
        )
    }
}

extension RateChange {
    /// Writes the change as a JSON object with the field names of the API's rows.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("symbol", symbol)
        writer.field("base_asset", baseAsset)
        writer.field("funding_rate", fundingRate)
        writer.field("funding_interval_hours", interval.hours)
        writer.field("apr", apr)
        writer.field("mark_price", markPrice)
        writer.field("index_price", indexPrice)
        writer.field("open_interest", openInterestUSD)
        writer.field("next_funding_time", nextFundingTime.map(Timestamp.text))
        writer.endObject()
    }

    init(wire row: JSONView) throws {
        self.init(
            symbol: try row.text("symbol"),
            baseAsset: try row.text("base_asset"),
            fundingRate: try row.value("funding_rate", \.double),
            interval: try row.value("funding_interval_hours") { $0.double.flatMap(FundingInterval.init(hours:)) },
            markPrice: try row.optional("mark_price", \.double),
            indexPrice: try row.optional("index_price", \.double),
            openInterestUSD: try row.optional("open_interest", \.double),
            nextFundingTime: try row.optional("next_funding_time") { $0.string.flatMap(Timestamp.parse) }
        )
    }
}

extension JSONView {
    /// The member read by `read`, or an error that names it.
    fileprivate func value<Value>(_ name: String, _ read: (JSONView) -> Value?) throws -> Value {
        guard let member = self[name], let value = read(member) else {
            let found = self[name]?.excerpt ?? "absent"
            throw EventError(description: "event field \(name) is missing or malformed: \(found)")
        }
        return value
    }

    /// The same for a member that may be absent or `null`, but not malformed.
    fileprivate func optional<Value>(_ name: String, _ read: (JSONView) -> Value?) throws -> Value? {
        guard let member = self[name], !member.isNull else { return nil }
        return try value(name, read)
    }

    fileprivate func text(_ name: String) throws -> String { try value(name, \.string) }

    /// The elements of the member, which must be an array.
    fileprivate func list(_ name: String) throws -> JSONElements {
        try value(name) { $0.kind == .array ? $0.elements : nil }
    }

    /// An element of the list called `name`.
    fileprivate func text(in name: String) throws -> String {
        guard let string else { throw EventError(description: "event field \(name) holds \(excerpt), not a string") }
        return string
    }
}

extension JSONWriter {
    fileprivate mutating func list(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }
}
