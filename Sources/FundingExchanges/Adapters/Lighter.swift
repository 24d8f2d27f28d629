import Foundation
import FundingCore
import FundingJSON

/// Lighter: funding is paid hourly, but `/funding-rates` states every rate for eight hours, also those of other
/// exchanges, which it lists beside its own. Market 0 is ETH.
struct Lighter: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "lighter", feed: "lighter", name: "Lighter", kind: .dex,
        host: "https://mainnet.zklighter.elliot.ai", budget: RequestBudget(60, per: .seconds(60)),
        naming: AssetNaming(kiloPrefix: true, letterPrefixes: true)
    )

    var stream: (any ExchangeStream)? { LighterStream() }

    let listings: [ExchangeRequest] = []

    // https://apidocs.lighter.xyz/reference/orderbookdetails, /reference/funding-rates
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [
            .get("/api/v1/orderBookDetails", as: "order-book-details"),
            .get("/api/v1/funding-rates", as: "funding-rates"),
        ]
    }

    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        guard let code = answer.root["code"]?.int, code != 200 else { return nil }
        return meaning(ofCode: code)
    }

    /// Too many requests answer 405 as well as 429.
    func meaning(ofStatus status: Int) -> ExchangeError.Kind? {
        status == 405 ? .rateLimited(retryAfter: nil) : nil
    }

    private func meaning(ofCode code: Int) -> ExchangeError.Kind {
        (23000...23004).contains(code) ? .rateLimited(retryAfter: nil) : .refused(code: code)
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let rates = try answers.one("funding-rates")
        var markets: [Int: JSONView] = [:]
        for market in try answers.one("order-book-details").root.rows("order_book_details") {
            if let id = market["market_id"]?.int { markets[id] = market }
        }
        let own = try rates.root.rows("funding_rates").filter { $0["exchange"]?.isString("lighter") == true }
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(own, symbol: { $0["symbol"]?.string }) { row in
            guard let id = row["market_id"]?.int else { throw Rejection("market_id is missing") }
            guard let market = markets[id] else { throw Exclusion.unlisted }
            return try snapshot(row, market, id, at: rates.receivedAt)
        }
        return parsed
    }

    func rows(in answer: Answer) -> [(name: String, row: JSONView)]? {
        guard answer.request.name == "funding-rates" else { return nil }
        return answer.root["funding_rates"]?.elements.compactMap { row in
            guard row["exchange"]?.isString("lighter") == true else { return nil }
            return row["symbol"]?.string.map { ($0, row) }
        }
    }

    private func snapshot(_ row: JSONView, _ market: JSONView, _ id: Int, at time: Date) throws -> FundingSnapshot {
        // Bodies of 2025 have no market type; all were perpetuals then.
        if let type = market["market_type"]?.string, type != "perp" { throw Exclusion.spot }
        guard market["status"]?.isString("active") == true else { throw Exclusion.delisted }
        let symbol = try market.text("symbol")
        let mark = try market.price("mark_price")
        // Bodies before mid-2026 have no mark price; the last trade values the position then.
        let price = try mark ?? market.nonZero("last_trade_price")
        let coins = try market.number("open_interest")
        return FundingSnapshot(
            profile.contract(
                symbol, base: symbol, quote: "USD", settle: "USDC", market: Self.market(of: symbol),
                tradingURL: "https://app.lighter.xyz/trade/\(symbol.percentEncoded)", nativeID: "\(id)"
            ),
            // Stated for eight hours, paid an eighth at each full hour: 0.000096 / 8 is what the stream calls 0.0012 %.
            rate: try row.requiredNumber("rate") / 8, every: .hourly,
            markPrice: mark, indexPrice: try market.nonZero("index_price"),
            openInterest: .base(coins, at: price), observedAt: time
        )
    }

    /// Lighter does not say what a symbol is; these are known not to be coins.
    private static func market(of symbol: String) -> MarketType {
        if forex.contains(symbol) { return .forex }
        if commodities.contains(symbol) { return .commodity }
        if indices.contains(symbol) { return .index }
        return stocks.contains(symbol) ? .stock : .crypto
    }

    private static let forex: Set = ["EURUSD", "GBPUSD", "USDJPY", "USDCHF", "USDCAD", "AUDUSD", "NZDUSD", "USDKRW"]
    private static let commodities: Set = ["XAU", "XAG", "XPT", "XPD", "XCU", "WTI", "BRENTOIL", "NATGAS"]
    private static let indices: Set = ["SPY", "QQQ", "SPX500", "US500", "IWM", "DIA"]
    private static let stocks: Set = [
        "AAPL", "AMD", "AMZN", "BMNR", "COIN", "CRCL", "GOOGL", "HOOD", "INTC", "META", "MSFT", "MSTR", "NVDA", "PLTR",
        "SAMSUNG", "SKHYNIX", "HYUNDAI", "SNDK", "TSLA", "ORCL", "NFLX", "TSM",
    ]
}
