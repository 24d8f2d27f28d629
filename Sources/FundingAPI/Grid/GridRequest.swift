import FundingCore

/// What a client asks of the grid.
struct GridRequest: Sendable {
    var filter: GridFilter
    var pick: GridPick
    /// The `seq` that the client has already.
    var known: Int?

    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchanges", "Only these columns.")
        .orNamed("exchange")
    private static let assets = Parameter<[String]>.assets("assets", "Only these rows.").orNamed("asset")
    private static let search = Parameter<String?>.search("search", "A part of an asset's name or a contract's symbol.")
    private static let crossListed = Parameter<Bool>.flag("cross_listed", "Only assets of two exchanges or more.")
    private static let pick = Parameter<GridPick>.choice(
        "pick", default: .extreme,
        "Which of an exchange's contracts stands for the asset: of those that are not stale, if there are any.")

    private static let since = Parameter<Int?>.integer(
        "since", in: 0...(1 << 53),
        """
        The `seq` of the grid that you have: 304 if nothing has changed since. Otherwise `data` holds the rows of assets \
        that have changed and `removed` names those that are gone, or `reset` is true and `data` is all of the grid.
        """
    )

    static let parameters: [any DeclaredParameter] = [exchanges, assets, search, crossListed, pick, since]

    static let schema: JSONShape = [
        "data": .list(["asset": .text, "exchanges": .map(.named(GridCell.schema))]), "total_assets": .count,
        "seq": .count, "timestamp": .timestamp, "since?": .count, "reset?": .flag, "removed?": .list(.text),
        "observed?": .map(.timestamp),
    ]

    init(_ arguments: inout Arguments) throws(ValidationError) {
        let exchanges = arguments[Self.exchanges].map(\.name)
        let assets = arguments[Self.assets]
        filter = GridFilter(
            exchanges: exchanges.isEmpty ? nil : Set(exchanges), assets: assets.isEmpty ? nil : Set(assets),
            search: arguments[Self.search])
        if arguments[Self.crossListed] { filter.leastExchanges = 2 }
        pick = arguments[Self.pick]
        known = arguments[Self.since]
        try arguments.finish()
    }
}

extension GridCell {
    static let schema = JSONShape.Component(
        name: "GridCell",
        schema: [
            "symbol": .text, "funding_rate": .number, "apr": .number, "funding_interval_hours": .number,
            "z_score": .number.orNull, "percentile": .number.orNull, "mean_30d": .number.orNull,
            "std_dev_30d": .number.orNull, "contracts": .list(.text), "contract_count": .count,
            "last_updated": .timestamp, "stale": .flag, "open_interest": .number.orNull,
            "next_funding_time": .timestamp.orNull, "confidence": .words(Confidence.self),
        ])

    /// What a live frame tells of a cell: all of a new one, otherwise the members that are different.
    static let changeSchema = JSONShape.Component(name: "GridCellChange", schema: schema.schema.allOptional)
}
