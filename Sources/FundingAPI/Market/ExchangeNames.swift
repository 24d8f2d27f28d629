import FundingCore

/// The exchanges' names as people write them.
struct ExchangeNames: Sendable {
    private let names: [ExchangeID: String]

    init(_ picture: MarketView.Picture) {
        names = Dictionary(picture.market.exchanges.map { ($0.id, $0.name) }) { first, _ in first }
    }

    /// The id for an exchange that was imported and has never been polled here.
    subscript(id: ExchangeID) -> String { names[id] ?? id.rawValue }
}
