import FundingCore
import WebServer

/// What a client asks of the list of rates: which contracts, in which order, which part, which members.
struct RateRequest: Sendable {
    var selection: RateSelection
    var order: RateOrder
    var limit: Int
    var offset: Int
    var fields: [RateField]

    private static let limits = 1...5000
    private static let offsets = 0...1_000_000
    private static let usualLimit = 100

    /// - Throws: `ValidationError` with all that is wrong.
    init(_ query: WebQuery, market: MarketState) throws(ValidationError) {
        var reader = QueryReader(query)
        selection = RateSelection(&reader, market: market)
        order = RateOrder(
            key: reader.choice("sort_by", default: RateOrder.Key.apr),
            direction: reader.choice("sort_order", default: RateOrder.Direction.desc)
        )
        limit =
            reader.integer("limit", in: Self.limits) ?? reader.integer("page_size", in: Self.limits) ?? Self.usualLimit
        let page = reader.integer("page", in: 1...Self.offsets.upperBound)
        offset = reader.integer("offset", in: Self.offsets) ?? ((page ?? 1) - 1) * limit
        let wanted = reader.list("fields", expected: "Unknown field") { RateField(rawValue: $0.lowercased()) }
        fields = wanted.isEmpty ? RateField.allCases : RateField.allCases.filter(wanted.contains)
        try reader.finish()
    }
}

extension RateSelection {
    /// The filters that all lists of rates share.
    init(_ reader: inout QueryReader, market: MarketState) {
        exchanges = Set(reader.exchanges("exchange", in: market).map(\.id))
        assets = Set(reader.list("base_asset", "asset", expected: "Input should be an asset") { $0.uppercased() })
        quoteAssets = Set(reader.list("quote_asset", expected: "Input should be an asset") { $0.uppercased() })
        intervals = Set(reader.intervals("interval"))
        aprBounds = (reader.number("min_apr"), reader.number("max_apr"))
        if let least = aprBounds.least, let most = aprBounds.most, least > most {
            reader.report("value_error", "min_apr", "min_apr must not exceed max_apr", "\(least)")
        }
        search = reader.search("search")
        includesInactive = reader.flag("include_inactive")
    }
}
