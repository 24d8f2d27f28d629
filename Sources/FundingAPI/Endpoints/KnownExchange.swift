import FundingCore

/// An exchange that is known here, with its name as people write it.
struct KnownExchange: Sendable, Hashable {
    var id: ExchangeID
    var name: String
}

extension [KnownExchange] {
    /// The exchange of that id or name, in any case.
    func named(_ text: String) -> KnownExchange? {
        let wanted = text.trimmed.lowercased()
        return first { $0.id.rawValue == wanted || $0.name.lowercased() == wanted }
    }
}

extension MarketState {
    /// The exchanges that requests may name.
    var knownExchanges: [KnownExchange] { exchanges.map { KnownExchange(id: $0.id, name: $0.name) } }
}
