import FundingJSON

/// Bybit's `instruments-info`: pages of up to 1000 rows, 500 unless told, with an opaque cursor.
struct BybitInstruments {
    private let request: SimulatedRequest
    private let scene: Scene

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
    }

    private func status(of contract: SimulatedContract) -> String {
        if contract.kind == .premarket { return "PreLaunch" }
        return contract.isTrading(at: scene.now) ? "Trading" : "Closed"
    }

    func answer() -> SimulatedAnswer {
        guard var contracts = SimulatedBybit.contracts(request, scene) else {
            return SimulatedBybit.wrongCategory(at: scene.now)
        }
        // Only what trades is listed, unless another status is asked for.
        let wanted = request.query["status"] ?? "Trading"
        contracts = contracts.filter { status(of: $0) == wanted }
        if let symbol = request.query["symbol"] { contracts = contracts.filter { $0.symbol == symbol } }
        let limit = max(1, min(request.integer("limit") ?? 500, 1000))
        var start = 0
        if let cursor = request.query["cursor"], !cursor.isEmpty {
            guard let last = Self.symbol(of: cursor), let index = contracts.firstIndex(where: { $0.symbol == last })
            else {
                return SimulatedBybit.failure(10001, "params error: cursor invalid", at: scene.now)
            }
            start = index + 1
        }
        let page = contracts.dropFirst(start).prefix(limit)
        return SimulatedBybit.success(at: scene.now, reservingCapacity: 1000 * page.count + 256) { json in
            json.field("category", request.query["category"])
            json.key("list")
            json.beginArray()
            for contract in page { write(contract, to: &json) }
            json.endArray()
            let isLast = start + page.count >= contracts.count
            json.field("nextPageCursor", isLast ? "" : Self.cursor(page.first?.symbol ?? "", page.last?.symbol ?? ""))
        }
    }

    /// `first%3DA%26last%3DB`, escaped as the real one is: a client has to hand it back as it is.
    private static func cursor(_ first: String, _ last: String) -> String { "first%3D\(first)%26last%3D\(last)" }

    private static func symbol(of cursor: String) -> String? {
        cursor.firstMatch(of: /%26last%3D(.+)$/).map { String($0.1) }
    }

    private var symbolTypes: [Asset.Kind: String] { [.stock: "stock", .commodity: "commodity", .forex: "forex"] }

    private func write(_ contract: SimulatedContract, to json: inout JSONWriter) {
        var delivery = 0
        if case .dated(let expiry) = contract.kind { delivery = expiry }
        let side = contract.isInverse ? "Inverse" : "Linear"
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("symbolId", contract.id)
        json.field("contractType", side + (delivery == 0 ? "Perpetual" : "Futures"))
        json.field("status", status(of: contract))
        json.field("baseCoin", contract.base)
        json.field("quoteCoin", contract.quote)
        json.field("launchTime", "\(contract.schedule.listedAt)")
        json.field("deliveryTime", "\(delivery)")
        json.field("deliveryFeeRate", delivery == 0 ? "" : "0.0005")
        json.field("priceScale", "\(contract.priceDigits)")
        json.key("leverageFilter")
        json.raw(#"{"minLeverage":"1","maxLeverage":"50.00","leverageStep":"0.01"}"#)
        json.key("priceFilter")
        json.raw(#"{"minPrice":"0.00000001","maxPrice":"1999999.80","tickSize":"0.00000001"}"#)
        json.key("lotSizeFilter")
        json.raw(
            """
            {"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001","postOnlyMaxOrderQty":"1190.000",\
            "maxMktOrderQty":"500.000","minNotionalValue":"5"}
            """
        )
        json.field("unifiedMarginTrade", true)
        json.field("fundingInterval", contract.schedule.lastHours(at: scene.now) * 60)
        json.field("settleCoin", contract.settle)
        json.field("copyTrading", "both")
        let cap = DecimalText.text(contract.rateCap, digits: 8, trimmed: true)
        json.field("upperFundingRate", cap)
        json.field("lowerFundingRate", "-" + cap)
        let isPremarket = contract.kind == .premarket
        json.field("isPreListing", isPremarket)
        json.key("preListingInfo")
        json.raw(isPremarket ? #"{"curAuctionPhase":"ContinuousTrading","phases":[],"auctionFeeInfo":{}}"# : "null")
        json.key("riskParameters")
        json.raw(#"{"priceLimitRatioX":"0.01","priceLimitRatioY":"0.02"}"#)
        let ordinary = contract.asset.rank > 400 ? "innovation" : ""
        json.field("symbolType", symbolTypes[contract.asset.kind] ?? ordinary)
        json.endObject()
    }
}
