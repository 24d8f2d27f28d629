import Foundation
import FundingCore
import FundingJSON

/// Backpack: three plain arrays, joined by symbol. The markets state the interval in milliseconds and the bounds of the
/// rate in basis points, the mark prices state the rate as a fraction with up to 28 digits.
struct Backpack: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "backpack", feed: "backpack", name: "Backpack", kind: .cex, host: "https://api.backpack.exchange",
        // The support pages' number; the API's own documentation states none.
        budget: RequestBudget(2000, per: .seconds(60)),
        // Documented for routes of the history kind; whether this is one of them is not, so it is taken to be.
        ownBudgets: ["history": RequestBudget(30, per: .seconds(60))],
        naming: AssetNaming(kiloPrefix: true)
    )

    // https://docs.backpack.exchange/#tag/Markets/operation/get_markets
    let listings: [ExchangeRequest] = [.get("/api/v1/markets", ["marketType[]": "PERP"], as: "markets")]

    // https://docs.backpack.exchange/#tag/Markets/operation/get_mark_prices, get_open_interest
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [
            .get("/api/v1/markPrices", as: "mark-prices"),
            .get("/api/v1/openInterest", as: "open-interest", need: .optional),
        ]
    }

    /// There is no envelope: what is no list is an error. Only a contract's history may be empty, as that of an unknown
    /// symbol is.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        if answer.root["code"]?.isString("TOO_MANY_REQUESTS") == true { return .rateLimited(retryAfter: nil) }
        guard answer.root.kind == .array else { return .unreadable }
        if answer.request.name == Self.historyName { return nil }
        return answer.root[0]?["symbol"] == nil ? .unreadable : nil
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let markets = bySymbol(try answers.one("markets"))
        let interests = answers["open-interest"].last.map { bySymbol($0) } ?? [:]
        let prices = try answers.one("mark-prices")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try prices.root.rows(), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard let market = markets[symbol] else { throw Exclusion.unlisted }
            return try snapshot(symbol, row, market, interests[symbol], at: prices.receivedAt)
        }
        return parsed
    }

    private func bySymbol(_ answer: Answer) -> [String: JSONView] {
        Dictionary(answer.root.elements.compactMap { row in row["symbol"]?.string.map { ($0, row) } }) { $1 }
    }

    private func snapshot(
        _ symbol: String, _ row: JSONView, _ market: JSONView, _ interest: JSONView?, at time: Date
    ) throws -> FundingSnapshot {
        try requireTrading(market)
        let mark = try row.price("markPrice")
        // Units of the base asset, whatever others call it; `kBONK` counts thousands, as its price does.
        let units = try interest?.number("openInterest")
        return FundingSnapshot(
            try contract(symbol, market), rate: try row.requiredNumber("fundingRate"), every: try interval(market),
            nextFundingTime: try row.backpackTime("nextFundingTimestamp"), markPrice: mark,
            indexPrice: try row.nonZero("indexPrice"),
            openInterest: .base(units, at: mark),
            rateCap: try market.number("fundingRateUpperBound").map { $0 / Self.basisPoints },
            rateFloor: try market.number("fundingRateLowerBound").map { $0 / Self.basisPoints }, observedAt: time
        )
    }

    private static let basisPoints = 10_000.0

    /// Spot markets state a funding interval too, so the type decides; it is an open set.
    private func requireTrading(_ market: JSONView) throws {
        switch try market.text("marketType") {
        case "PERP": break
        case "SPOT": throw Exclusion.spot
        case "DATED": throw Exclusion.dated
        case "PREDICTION": throw Exclusion.prediction
        case let type: throw Rejection("marketType: no perpetual that we know: \(type)")
        }
        // Bodies of 2025 lack the field; all were visible then.
        if market["visible"]?.bool == false { throw Exclusion.delisted }
        switch try market.text("orderBookState") {
        // Halted, but positions go on paying.
        case "Open", "PostOnly", "LimitOnly": break
        case "Closed", "CancelOnly": throw Exclusion.suspended
        case let state: throw Rejection("orderBookState: no known state: \(state)")
        }
    }

    private func interval(_ market: JSONView) throws -> FundingInterval {
        let milliseconds = try market.requiredNumber("fundingInterval")
        guard let interval = FundingInterval(hours: milliseconds / 3_600_000) else {
            throw Rejection("fundingInterval: no known funding interval: \(market["fundingInterval"]?.excerpt ?? "")")
        }
        return interval
    }

    private func contract(_ symbol: String, _ market: JSONView) throws -> Contract {
        let base = try market.text("baseSymbol")
        let isShare = base.hasSuffix(Self.shareEnding) && base != Self.shareEnding
        let name = isShare ? String(base.dropLast(Self.shareEnding.count)) : base
        let quote = try market.text("quoteSymbol")
        return profile.contract(
            symbol, base: name, quote: quote, settle: quote, market: kind(of: name, market, isShare: isShare),
            listedAt: try market.backpackText("createdAt"),
            tradingURL: "https://backpack.exchange/trade/\(base.percentEncoded)_USD_PERP"
        )
    }

    /// `NVDA.US`
    private static let shareEnding = ".US"

    /// `rwaMarketType` is there for what is no coin; `STOCK` is the only value that was seen. Whether shares without it
    /// exist is not known: the ending says so as well.
    private func kind(of name: String, _ market: JSONView, isShare: Bool) -> MarketType {
        if let known = Self.knownKinds[name] { return known }
        switch market["rwaMarketType"]?.string {
        case nil, "": return isShare ? .stock : .crypto
        case "STOCK": return .stock
        case "INDEX": return .index
        case "COMMODITY": return .commodity
        case "FX", "FOREX": return .forex
        default: return .unknown
        }
    }

    /// Index funds are filed under shares; a company that is not listed yet is no coin.
    private static let knownKinds: [String: MarketType] = [
        "SPY": .index, "QQQ": .index, "US500": .index, "OPENAI": .premarket,
    ]

    var stream: (any ExchangeStream)? { BackpackStream() }
}

extension JSONView {
    /// Milliseconds or microseconds since 1970, whichever the number can only be: the API sends both, and has changed
    /// from one to the other within a field.
    func backpackTime(_ field: String) throws(Rejection) -> Date? {
        guard let number = try nonZero(field) else { return nil }
        // As milliseconds this lies in the year 5138, as microseconds in 1973.
        let milliseconds = number > 1e14 ? number / 1000 : number
        guard (0..<1e14).contains(milliseconds) else {
            throw Rejection("\(field): expected a time since 1970, found \(self[field]?.excerpt ?? "")")
        }
        return Date(timeIntervalSince1970: milliseconds / 1000)
    }

    /// `2026-08-05T17:00:00`: a text without a zone, which is UTC.
    func backpackText(_ field: String) throws(Rejection) -> Date? {
        guard let value = self[field], !value.isNull, !value.isString("") else { return nil }
        guard let text = value.string, let time = Timestamp.parse(text + "Z") ?? Timestamp.parse(text) else {
            throw Rejection("\(field): expected a time, found \(value.excerpt)")
        }
        return time
    }
}
