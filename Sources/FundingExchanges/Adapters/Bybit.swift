import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// Bybit v5: linear (USDT, USDC) and inverse perpetuals, one shape. The tickers hold everything that moves, the
/// instruments the kind of each contract; errors come with HTTP 200 and a `retCode`.
struct Bybit: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "bybit", feed: "bybit", name: "ByBit", kind: .cex, host: "https://api.bybit.com",
        // 600 requests in 5 s, and who goes beyond is shut out for ten minutes: a third of that.
        budget: RequestBudget(200, per: .seconds(5)),
        // Terra's second coin is LUNA2 in its USDT contract and LUNA in its USDC contract.
        naming: AssetNaming(thousandSuffix: true, aliases: ["LUNA": .init("LUNA2")])
    )

    enum Category: String, CaseIterable {
        case linear, inverse
    }

    var stream: (any ExchangeStream)? { BybitStream(adapter: self) }

    // https://bybit-exchange.github.io/docs/v5/market/instrument
    let listings = Category.allCases.map { instruments($0, cursor: nil) }

    private static func instruments(_ category: Category, cursor: String?) -> ExchangeRequest {
        var request = ExchangeRequest.get(
            "/v5/market/instruments-info", ["category": category.rawValue, "limit": "1000"], as: "instruments",
            // Tickers alone still name base and quote; only the market type is unknown then.
            key: category.rawValue, need: .optional
        )
        if let cursor { request.query.append(.init(name: "cursor", value: cursor)) }
        return request
    }

    // https://bybit-exchange.github.io/docs/v5/market/tickers
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        Category.allCases.map {
            .get("/v5/market/tickers", ["category": $0.rawValue], as: "tickers", key: $0.rawValue, need: .part)
        }
    }

    func followUps(to answer: Answer) throws -> [ExchangeRequest] {
        guard answer.request.name == "instruments", let key = answer.request.key,
            let category = Category(rawValue: key),
            let cursor = answer.root["result"]?["nextPageCursor"]?.string, !cursor.isEmpty
        else { return [] }
        return [Self.instruments(category, cursor: cursor)]
    }

    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        guard let code = answer.root["retCode"]?.int else { return .unreadable }
        switch code {
        case 0: return answer.root["result"]?["list"]?.kind == .array ? nil : .unreadable
        case 10006, 10429: return .rateLimited(retryAfter: nil)
        case 10000, 10016: return .unavailable(status: code)
        default: return .refused(code: code)
        }
    }

    /// The instant at which a spent limit is whole again, in milliseconds since 1970; often missing on public requests.
    /// https://bybit-exchange.github.io/docs/v5/rate-limit
    func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration? {
        guard let reset = headers["X-Bapi-Limit-Reset-Timestamp"].flatMap({ Double($0) }) else { return nil }
        return ExchangeError.Kind.statedPause(seconds: reset / 1000 - time.timeIntervalSince1970)
    }

    /// Of the endpoint that was asked; what the address has used is not stated.
    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? {
        headers.used(of: profile.budget, remaining: "X-Bapi-Limit-Status", limit: "X-Bapi-Limit")
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        var instruments: [String: JSONView] = [:]
        for page in answers["instruments"] {
            guard let list = page.root["result"]?["list"] else { continue }
            for row in list.elements {
                if let symbol = row["symbol"]?.string { instruments[symbol] = row }
            }
        }
        var parsed = Parsed<FundingSnapshot>()
        for tickers in answers["tickers"] {
            parsed.part(tickers) { parsed in
                guard let result = tickers.root["result"], let key = result["category"]?.string,
                    let category = Category(rawValue: key)
                else { throw Rejection("no category in \(tickers.root.excerpt)") }
                parsed.read(try result.rows("list"), symbol: { $0["symbol"]?.string }) { row in
                    try snapshot(of: row, instruments[try row.text("symbol")], category, at: tickers.receivedAt)
                }
            }
        }
        return parsed
    }

    private func snapshot(of row: JSONView, _ instrument: JSONView?, _ category: Category, at time: Date) throws
        -> FundingSnapshot
    {
        guard try row.nonZero("deliveryTime") == nil else { throw Exclusion.dated }
        if let phase = row["curPreListingPhase"]?.string, !phase.isEmpty { throw Exclusion.prelaunch }
        let contract = try contract(of: row, instrument, category)
        let mark = try row.price("markPrice")
        let cap = try row.number("fundingCap")
        return FundingSnapshot(
            contract, rate: try row.requiredNumber("fundingRate"), every: try interval(of: row, instrument),
            nextFundingTime: try row.milliseconds("nextFundingTime"), markPrice: mark,
            indexPrice: try row.nonZero("indexPrice"),
            openInterest: try openInterest(of: row, category, mark: mark),
            rateCap: try instrument?.number("upperFundingRate") ?? cap,
            rateFloor: try instrument?.number("lowerFundingRate") ?? cap.map { -$0 }, observedAt: time
        )
    }

    /// Whole hours in the ticker since October 2025, where dynamic settlement shows at once; minutes in the instrument.
    private func interval(of row: JSONView, _ instrument: JSONView?) throws -> FundingInterval {
        if try row.number("fundingIntervalHour") != nil { return try row.intervalHours("fundingIntervalHour") }
        guard let minutes = try instrument?.number("fundingInterval"),
            let interval = FundingInterval(hours: minutes / 60)
        else { throw Rejection("interval unknown: neither the ticker nor the instrument states it") }
        return interval
    }

    private func openInterest(of row: JSONView, _ category: Category, mark: Double?) throws -> OpenInterest? {
        var interest = try statedOpenInterest(of: row, category == .linear ? .linear : .inverse)
        if interest?.usd == nil, let coins = interest?.raw?.amount { interest?.usd = mark.map { coins * $0 } }
        return interest
    }

    /// One side. Linear quantities are coins and their value dollars, inverse ones the reverse. The fields
    /// without "single" count both sides; whether they did so before June 2026 is not documented.
    func statedOpenInterest(of row: JSONView, _ type: ContractType) throws -> OpenInterest? {
        let quantity = try row.number("singleOpenInterest") ?? row.number("openInterest").map { $0 / 2 }
        guard type == .linear else { return .dollars(quantity) }
        let value = try row.number("singleOpenInterestValue") ?? row.number("openInterestValue").map { $0 / 2 }
        guard value != nil || quantity != nil else { return nil }
        return OpenInterest(usd: value, raw: quantity.map { OpenInterest.Quantity($0, .base) })
    }

    private func contract(of row: JSONView, _ instrument: JSONView?, _ category: Category) throws -> Contract {
        let symbol = try row.text("symbol")
        guard let instrument else { return try contract(namedBy: symbol, category) }
        guard instrument["contractType"]?.string?.hasSuffix("Perpetual") == true else { throw Exclusion.dated }
        switch instrument["status"]?.string {
        case "Trading": break
        case "PreLaunch": throw Exclusion.prelaunch
        default: throw Exclusion.delisted
        }
        let quote = try instrument.text("quoteCoin")
        return profile.contract(
            symbol, base: try instrument.text("baseCoin"), quote: quote, settle: try instrument.text("settleCoin"),
            type: category == .linear ? .linear : .inverse, market: market(instrument),
            listedAt: try instrument.milliseconds("launchTime"), tradingURL: page(of: symbol, category, quote: quote)
        )
    }

    /// A ticker that the kept listing does not know yet: base and quote by the grammar of Bybit's symbols.
    private func contract(namedBy symbol: String, _ category: Category) throws -> Contract {
        let quotes = category == .linear ? [("USDT", "USDT"), ("PERP", "USDC")] : [("USD", "USD")]
        guard let (ending, quote) = quotes.first(where: { symbol.hasSuffix($0.0) && symbol != $0.0 }) else {
            throw Rejection("unlisted, and no base asset can be read from the symbol")
        }
        let base = String(symbol.dropLast(ending.count))
        return profile.contract(
            symbol, base: base, quote: quote, settle: category == .linear ? quote : base,
            type: category == .linear ? .linear : .inverse, market: .unknown,
            tradingURL: page(of: symbol, category, quote: quote)
        )
    }

    private func market(_ instrument: JSONView) -> MarketType {
        if instrument["isPreListing"]?.bool == true { return .premarket }
        // An open set: what is not known to be a coin is not called one.
        switch instrument["symbolType"]?.string {
        case nil, "", "innovation", "adventure": return .crypto
        case "stock", "xstocks": return .stock
        case "commodity": return .commodity
        case "forex": return .forex
        case "index": return .index
        default: return .unknown
        }
    }

    private func page(of symbol: String, _ category: Category, quote: String) -> String {
        let section = category == .inverse ? "inverse" : quote == "USDC" ? "futures/usdc" : "usdt"
        return "https://www.bybit.com/trade/\(section)/\(symbol.percentEncoded)"
    }
}
