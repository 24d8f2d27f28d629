import FundingCore
import FundingJSON
import FundingStore

extension ContractTerms {
    static let schema = JSONShape.named(
        JSONShape.Component(
            name: "Terms",
            schema: [
                "funding_interval_hours": .number, "rate_cap": .number.orNull, "rate_floor": .number.orNull,
                "denomination": .number, "status": .word(["active", "inactive"]),
            ]))
}

extension TermsChange {
    static let schema: JSONShape = [
        "symbol": .text, "base_asset": .text, "kinds": .list(.words(TermsChange.Kind.self)),
        "before": ContractTerms.schema.orNull, "after": ContractTerms.schema,
    ]
}

extension TermsStore.Entry {
    static let schema: JSONShape = ["valid_from": .timestamp, "change": TermsChange.schema]

    func writeMembers(to writer: inout JSONWriter) {
        writer.field("valid_from", Timestamp.text(validFrom))
        writer.key("change")
        change.write(to: &writer)
    }
}
