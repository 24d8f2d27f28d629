import Foundation
import FundingCore
import FundingJSON

extension AlertSubject {
    private static let contract: JSONShape = ["exchange": .text, "exchange_id": .text, "symbol": .text]

    /// What an alert is about: a pair has two legs, all else is of one contract or one exchange.
    static let schema = JSONShape.named(
        JSONShape.Component(
            name: "AlertSubject",
            schema: [
                "kind": .word(["pair", "contract", "exchange", "change"]), "key": .text, "asset?": .text,
                "long?": contract, "short?": contract, "contract?": contract, "exchange?": .text,
                "exchange_id?": .text, "changed_at?": .timestamp,
            ]))

    func write(_ names: ExchangeNames, to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .pair(let long, let short):
            writer.field("kind", "pair")
            writer.field("asset", long.baseAsset)
            long.write(as: "long", names, to: &writer)
            short.write(as: "short", names, to: &writer)
        case .contract(let contract):
            writer.field("kind", "contract")
            writer.field("asset", contract.baseAsset)
            contract.write(as: "contract", names, to: &writer)
        case .exchange(let exchange):
            writer.field("kind", "exchange")
            writer.field("exchange", names[exchange])
            writer.field("exchange_id", exchange.rawValue)
        case .change(let contract, let time):
            writer.field("kind", "change")
            writer.field("asset", contract.baseAsset)
            contract.write(as: "contract", names, to: &writer)
            writer.field("changed_at", Timestamp.text(time))
        }
        writer.field("key", key)
        writer.endObject()
    }
}

extension AlertContract {
    fileprivate func write(as name: StaticString, _ names: ExchangeNames, to writer: inout JSONWriter) {
        writer.key(name)
        writer.beginObject()
        writer.field("exchange", names[exchange])
        writer.field("exchange_id", exchange.rawValue)
        writer.field("symbol", symbol)
        writer.endObject()
    }
}

extension AlertSuppression {
    static let schema = JSONShape.words(AlertSuppression.self).orNull
}

extension AlertDecision {
    /// The numbers that made the decision, those that were known.
    static let factsSchema = JSONShape.record(
        AlertMeasure.allCases.map { JSONShape.Member(name: $0.rawValue, schema: .number, isRequired: false) }
            + [JSONShape.Member(name: "change", schema: TermsChange.schema, isRequired: false)])
}

extension AlertRule {
    /// A rule in the words of the settings, with the level at which its condition ends.
    static let schema: JSONShape = [
        "name": .text, "revision": .text, "kind": .words(AlertKind.self), "enabled": .flag,
        "direction": .words(AlertLevel.Direction.self), "threshold": .number.orNull, "rearm": .number.orNull,
        "terms": .list(.words(AlertTermsKind.self)), "assets": .list(.text), "exchanges": .list(.text),
        "symbols": .list(.text), "for_seconds": .number, "cooldown_seconds": .number, "max_per_hour": .count,
        "quiet_hours": .list(.text), "expires_at": .timestamp.orNull, "channels": .list(.text), "tell_end": .flag,
    ]

    func writeFields(named name: String, to writer: inout JSONWriter) {
        writer.field("name", name)
        writer.field("revision", revision)
        writer.field("kind", kind.rawValue)
        writer.field("enabled", isEnabled)
        writer.field("direction", direction.rawValue)
        writer.field("threshold", level?.threshold)
        writer.field("rearm", level?.rearm)
        writer.field("terms", terms.map(\.rawValue))
        writer.field("assets", scope.assets)
        writer.field("exchanges", scope.exchanges)
        writer.field("symbols", scope.symbols)
        writer.field("for_seconds", minimumDuration)
        writer.field("cooldown_seconds", coolDown)
        writer.field("max_per_hour", maximumPerHour)
        writer.field("quiet_hours", quietHours.map(\.description))
        writer.field("expires_at", expiresAt.map(Timestamp.text))
        writer.field("channels", channels)
        writer.field("tell_end", tellsEnd)
    }
}
