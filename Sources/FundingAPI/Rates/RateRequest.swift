import FundingCore

/// What a client asks of the list of rates: which contracts, in which order, which part, which members.
struct RateRequest: Sendable {
    var selection: RateSelection
    var order: RateOrder
    var paging: Paging
    var fields: [RateField]

    static let parameters =
        RateParameters.filters + RateParameters.order + Paging.rates.all + [
            RateParameters.fields as any DeclaredParameter
        ]

    /// - Throws: `ValidationError` with all that is wrong.
    init(_ arguments: inout Arguments) throws(ValidationError) {
        selection = RateSelection(&arguments)
        order = RateOrder(&arguments)
        paging = Paging(&arguments, Paging.rates)
        fields = arguments[RateParameters.fields]
        try arguments.finish()
    }
}

extension RateOrder {
    init(_ arguments: inout Arguments) {
        self.init(key: arguments[RateParameters.sortBy], direction: arguments[RateParameters.sortOrder])
    }
}

extension RateSelection {
    /// The filters that all lists of rates share.
    init(_ arguments: inout Arguments) {
        self.init(ofOneAsset: &arguments)
        assets = Set(arguments[RateParameters.assets])
    }

    /// Those of a list that is of one asset anyway; which one, is for the caller to set.
    init(ofOneAsset arguments: inout Arguments) {
        exchanges = Set(arguments[RateParameters.exchange].map(\.id))
        quoteAssets = Set(arguments[RateParameters.quoteAssets])
        intervals = Set(arguments[RateParameters.intervals])
        aprBounds = (arguments[RateParameters.leastAPR], arguments[RateParameters.mostAPR])
        if let least = aprBounds.least, let most = aprBounds.most, least > most {
            arguments.report(
                "value_error", RateParameters.leastAPR.declaration, "min_apr must not exceed max_apr", "\(least)")
        }
        search = arguments[RateParameters.search]
        includesInactive = arguments[RateParameters.includesInactive]
    }
}
