public import Foundation
import FundingJSON

/// Which settled payments of one feed a committed write brought or changed. The rows are in `funding_rates_historical`;
/// the event is a hint, and it has no sequence of its own, for a reader that missed it finds the rows by their time.
public struct SettlementsEvent: Hashable, Sendable {
    /// The payments of one contract that were written.
    public struct Written: Hashable, Sendable {
        public var symbol: String
        public var baseAsset: String
        /// When the first of them was due.
        public var from: Date
        /// When the last of them was due.
        public var to: Date
        /// How many were new or changed.
        public var count: Int

        public init(symbol: String, baseAsset: String, from: Date, to: Date, count: Int) {
            self.symbol = symbol
            self.baseAsset = baseAsset
            self.from = from
            self.to = to
            self.count = count
        }
    }

    public var feed: FeedID
    public var exchange: ExchangeID
    public var exchangeName: String
    /// When the write was committed.
    public var writtenAt: Date
    public var written: [Written]

    public init(feed: FeedID, exchange: ExchangeID, exchangeName: String, writtenAt: Date, written: [Written]) {
        self.feed = feed
        self.exchange = exchange
        self.exchangeName = exchangeName
        self.writtenAt = writtenAt
        self.written = written
    }

    /// The event as one JSON object, version 1.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 200 + written.count * 160)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "settlements")
        writer.field("ts", Timestamp.text(writtenAt))
        writer.field("feed", feed.rawValue)
        writer.field("exchange_id", exchange.rawValue)
        writer.field("exchange", exchangeName)
        writer.key("written")
        writer.beginArray()
        for contract in written { contract.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("settlements") == true else {
            throw EventError(description: "expected a settlements event of version 1, found \(root.excerpt)")
        }
        self.init(
            feed: FeedID(rawValue: try root.text("feed")),
            exchange: ExchangeID(rawValue: try root.text("exchange_id")),
            exchangeName: try root.text("exchange"),
            writtenAt: try root.time("ts"),
            written: try root.list("written").map(Written.init(wire:))
        )
    }
}

extension SettlementsEvent.Written {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("symbol", symbol)
        writer.field("base_asset", baseAsset)
        writer.field("from", Timestamp.text(from))
        writer.field("to", Timestamp.text(to))
        writer.field("count", count)
        writer.endObject()
    }

    fileprivate init(wire json: JSONView) throws {
        self.init(
            symbol: try json.text("symbol"), baseAsset: try json.text("base_asset"), from: try json.time("from"),
            to: try json.time("to"), count: try json.value("count", \.int)
        )
    }
}
