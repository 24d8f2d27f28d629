public import Foundation
import FundingJSON

/// Which contracts' statistics a committed write has changed. `sequence` counts the writes without a hole, so that a
/// reader that sees one missing reads the rows of `funding_statistics` above the last it knows.
public struct StatisticsEvent: Hashable, Sendable {
    /// One contract's statistics.
    public struct Changed: Hashable, Sendable {
        public var exchange: ExchangeID
        public var symbol: String
        public var baseAsset: String
        public var statistics: ContractStatistics

        public init(exchange: ExchangeID, symbol: String, baseAsset: String, statistics: ContractStatistics) {
            self.exchange = exchange
            self.symbol = symbol
            self.baseAsset = baseAsset
            self.statistics = statistics
        }
    }

    public var sequence: Int
    /// When they were computed.
    public var computedAt: Date
    public var changed: [Changed]

    public init(sequence: Int, computedAt: Date, changed: [Changed]) {
        self.sequence = sequence
        self.computedAt = computedAt
        self.changed = changed
    }

    /// The event as one JSON object, version 1.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 120 + changed.count * 480)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "statistics")
        writer.field("seq", sequence)
        writer.field("ts", Timestamp.text(computedAt))
        writer.key("changed")
        writer.beginArray()
        for contract in changed { contract.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("statistics") == true else {
            throw EventError(description: "expected a statistics event of version 1, found \(root.excerpt)")
        }
        self.init(
            sequence: try root.value("seq", \.int), computedAt: try root.time("ts"),
            changed: try root.list("changed").map(Changed.init(wire:))
        )
    }
}

extension StatisticsEvent.Changed {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("exchange_id", exchange.rawValue)
        writer.field("symbol", symbol)
        writer.field("base_asset", baseAsset)
        statistics.writeFields(to: &writer)
        writer.endObject()
    }

    fileprivate init(wire json: JSONView) throws {
        self.init(
            exchange: ExchangeID(rawValue: try json.text("exchange_id")), symbol: try json.text("symbol"),
            baseAsset: try json.text("base_asset"), statistics: try ContractStatistics(wire: json))
    }
}
