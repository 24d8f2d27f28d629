import FundingCore

/// An exchange that is known here, with its name as people write it.
struct KnownExchange: Sendable, Hashable {
    var id: ExchangeID
    var name: String
}

extension MarketView.Shared {
    /// The exchange of that id or name, in any case.
    func exchange(named text: String) -> KnownExchange? {
        let wanted = text.trimmed.lowercased()
        return picture.market.exchanges.first { $0.id.rawValue == wanted || $0.name.lowercased() == wanted }
            .map { KnownExchange(id: $0.id, name: $0.name) }
    }

    /// What to say of an exchange that is none.
    var expectedExchange: String {
        "Unknown exchange; valid ids are \(picture.market.exchanges.map(\.id.rawValue).sorted().joined(separator: ", "))"
    }
}
