public import Foundation
public import FundingJSON

/// What a committed write changed in the terms of one feed's contracts: listings, delistings, intervals, multipliers,
/// limits. The rows are in `contract_terms`; the event is a hint, and it has no sequence of its own, for whoever missed
/// it finds the rows by their time.
public struct ContractsEvent: Hashable, Sendable {
    public var feed: FeedID
    public var exchange: ExchangeID
    public var exchangeName: String
    /// From when on the new terms hold.
    public var validFrom: Date
    public var changes: [TermsChange]

    public init(feed: FeedID, exchange: ExchangeID, exchangeName: String, validFrom: Date, changes: [TermsChange]) {
        self.feed = feed
        self.exchange = exchange
        self.exchangeName = exchangeName
        self.validFrom = validFrom
        self.changes = changes
    }

    /// The event as one JSON object, version 1.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 200 + changes.count * 320)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "contracts")
        writer.field("ts", Timestamp.text(validFrom))
        writer.field("feed", feed.rawValue)
        writer.field("exchange_id", exchange.rawValue)
        writer.field("exchange", exchangeName)
        writer.key("changes")
        writer.beginArray()
        for change in changes { change.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("contracts") == true, let feed = root["feed"]?.string,
            let exchange = root["exchange_id"]?.string, let name = root["exchange"]?.string,
            let validFrom = root["ts"]?.string.flatMap(Timestamp.parse), let changes = root["changes"],
            changes.kind == .array
        else { throw EventError(description: "expected a contracts event of version 1, found \(root.excerpt)") }
        self.init(
            feed: FeedID(rawValue: feed), exchange: ExchangeID(rawValue: exchange), exchangeName: name,
            validFrom: validFrom, changes: try changes.elements.map(TermsChange.init(wire:))
        )
    }
}

extension TermsChange {
    /// Writes the change as a JSON object: `symbol`, `base_asset`, `kinds`, `before`, `after`.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("symbol", symbol)
        writer.field("base_asset", baseAsset)
        writer.field("kinds", kinds.map(\.rawValue))
        writer.key("before")
        if let before { before.write(to: &writer) } else { writer.raw("null") }
        writer.key("after")
        after.write(to: &writer)
        writer.endObject()
    }

    init(wire json: JSONView) throws {
        guard let symbol = json["symbol"]?.string, let baseAsset = json["base_asset"]?.string,
            let after = json["after"]
        else { throw EventError(description: "a change of terms without symbol or terms: \(json.excerpt)") }
        let before = json["before"].flatMap { $0.isNull ? nil : $0 }
        self.init(
            symbol: symbol, baseAsset: baseAsset, before: try before.map(ContractTerms.init(wire:)),
            after: try ContractTerms(wire: after)
        )
    }
}

extension ContractTerms {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("funding_interval_hours", interval.hours)
        writer.field("rate_cap", rateCap)
        writer.field("rate_floor", rateFloor)
        writer.field("denomination", denomination)
        writer.field("status", status.rawValue)
        writer.endObject()
    }

    fileprivate init(wire json: JSONView) throws {
        guard let interval = json["funding_interval_hours"]?.double.flatMap(FundingInterval.init(hours:)),
            let denomination = json["denomination"]?.double,
            let status = json["status"]?.string.flatMap(Status.init(rawValue:))
        else { throw EventError(description: "terms that cannot be read: \(json.excerpt)") }
        self.init(
            interval: interval, rateCap: json["rate_cap"]?.double, rateFloor: json["rate_floor"]?.double,
            denomination: denomination, status: status
        )
    }
}
