import FundingCore

/// What the lists of rates can be asked.
enum RateParameters {
    static let exchange = Parameter<[KnownExchange]>.exchanges("exchange", "Only these exchanges, by id or name.")
        .orNamed("exchanges")
    static let assets = Parameter<[String]>.assets(
        "base_asset", "Only these base assets, of every kind or, as `HOOD (stock)`, of one."
    ).orNamed("asset")
    static let quoteAssets = Parameter<[String]>.assets("quote_asset", "Only contracts quoted in these.")
    static let intervals = Parameter<[FundingInterval]>.intervals(
        "interval", "Only contracts paid this often: `8`, `8h`, `30m`.")
    static let leastAPR = Parameter<Double?>.number("min_apr", "At least this APR, in percent.")
    static let mostAPR = Parameter<Double?>.number("max_apr", "At most this APR, in percent.")
    static let search = Parameter<String?>.search("search", "A part of a symbol or base asset.")
    static let includesInactive = Parameter<Bool>.flag(
        "include_inactive", "Also what is delisted, and what has not been seen for an hour.")
    static let sortBy = Parameter<RateOrder.Key>.choice("sort_by", default: .apr, "What to sort by; unknown ones last.")
    static let sortOrder = Parameter<RateOrder.Direction>.choice("sort_order", default: .desc, "In which direction.")
    static let fields = Parameter<[RateField]>.fields

    /// The filters that all lists of rates share.
    static let filters: [any DeclaredParameter] = [assets] + filtersOfOneAsset
    /// Those of a list that is of one asset anyway.
    static let filtersOfOneAsset: [any DeclaredParameter] = [
        exchange, quoteAssets, intervals, leastAPR, mostAPR, search, includesInactive,
    ]
    static let order: [any DeclaredParameter] = [sortBy, sortOrder]
}

extension Parameter where Value == [RateField] {
    fileprivate static var fields: Parameter {
        let words = RateField.allCases.map(\.rawValue)
        return Parameter(
            ParameterDeclaration(
                name: "fields", schema: .list(.word(words)), isList: true,
                summary: "Only these members of each row, in the usual order.")
        ) { arguments, declaration in
            let wanted = arguments.list(declaration, expected: "Unknown field") { RateField(rawValue: $0.lowercased()) }
            return wanted.isEmpty ? RateField.allCases : RateField.allCases.filter(wanted.contains)
        }
    }
}
