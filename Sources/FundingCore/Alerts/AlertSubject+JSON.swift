import Foundation
import FundingJSON

/// Subjects and what is known of them as they are stored and sent.
extension AlertSubject {
    /// One JSON object: `kind` and the contracts, the exchange, the time of the change.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 200)
        writer.beginObject()
        write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// The members of that object.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .pair(let long, let short):
            writer.field("kind", "pair")
            writer.field("asset", long.baseAsset)
            writer.key("long")
            long.write(to: &writer)
            writer.key("short")
            short.write(to: &writer)
        case .contract(let contract):
            writer.field("kind", "contract")
            writer.field("asset", contract.baseAsset)
            writer.key("contract")
            contract.write(to: &writer)
        case .exchange(let exchange):
            writer.field("kind", "exchange")
            writer.field("exchange", exchange.rawValue)
        case .change(let contract, let time):
            writer.field("kind", "change")
            writer.field("asset", contract.baseAsset)
            writer.key("contract")
            contract.write(to: &writer)
            writer.field("changed_at", Timestamp.text(time))
        }
    }

    /// - Throws: `EventError` for what no `encoded` has written.
    public init(encoded bytes: [UInt8]) throws {
        let json = try JSONDocument(bytes).root
        switch json["kind"]?.string {
        case "pair":
            self = .pair(long: try AlertContract(json, "long"), short: try AlertContract(json, "short"))
        case "contract": self = .contract(try AlertContract(json, "contract"))
        case "exchange": self = .exchange(ExchangeID(rawValue: try json.text("exchange")))
        case "change": self = .change(try AlertContract(json, "contract"), at: try json.time("changed_at"))
        default: throw EventError(description: "expected an alert's subject, found \(json.excerpt)")
        }
    }
}

extension AlertContract {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("exchange", exchange.rawValue)
        writer.field("symbol", symbol)
        writer.field("base_asset", baseAsset)
        writer.endObject()
    }

    fileprivate init(_ json: JSONView, _ name: String) throws {
        let contract = try json.value(name) { $0.kind == .object ? $0 : nil }
        self.init(
            exchange: ExchangeID(rawValue: try contract.text("exchange")), symbol: try contract.text("symbol"),
            baseAsset: try contract.text("base_asset"))
    }
}

extension AlertDecision {
    /// The numbers that made the decision, as one JSON object: each known measure by its name, and `change` for a change
    /// of terms.
    public var facts: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 200)
        writer.beginObject()
        writeFacts(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    func writeFacts(to writer: inout JSONWriter) {
        for measure in AlertMeasure.allCases {
            guard let value = values[measure] else { continue }
            writer.key(measure.rawValue)
            writer.value(value)
        }
        if let change {
            writer.key("change")
            change.write(to: &writer)
        }
    }

    /// Reads what `facts` has written.
    public static func facts(_ bytes: [UInt8]) throws -> (values: AlertValues, change: TermsChange?) {
        let json = try JSONDocument(bytes).root
        var values = AlertValues()
        for measure in AlertMeasure.allCases { values[measure] = json[measure.rawValue]?.double }
        return (values, try json["change"].map(TermsChange.init(wire:)))
    }
}
