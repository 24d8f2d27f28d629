import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// Pacifica: one list of prices with all rates, joined with the list of markets, which tells perpetuals from spot; funding
/// is paid hourly, though no field says so.
struct Pacifica: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "pacifica", feed: "pacifica", name: "Pacifica", kind: .dex, host: "https://api.pacifica.fi",
        // Credits of a caller without a key. https://docs.pacifica.fi/api-documentation/api/rate-limits
        budget: RequestBudget(100, per: .seconds(60)), naming: AssetNaming(kiloPrefix: true), rateKind: .fixed
    )

    // https://docs.pacifica.fi/api-documentation/api/rest-api/markets
    let listings = [ExchangeRequest.get("/api/v1/info", as: "info")]

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/api/v1/info/prices", as: "prices")]
    }

    /// `{"success":false,"data":null,"error":"…","code":404}`
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        if answer.root["success"]?.bool == false {
            guard let code = answer.root["code"]?.int else { return .unreadable }
            return code == 429 ? .rateLimited(retryAfter: nil) : .refused(code: code)
        }
        return answer.root["data"]?.kind == .array ? nil : .unreadable
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let markets = Dictionary(
            try answers.one("info").root.rows("data").compactMap { row in row["symbol"]?.string.map { ($0, row) } }
        ) { $1 }
        let prices = try answers.one("prices")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try prices.root.rows("data"), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard let market = markets[symbol] else { throw Exclusion.unlisted }
            return try snapshot(row, contract(symbol, market), at: prices.receivedAt)
        }
        return parsed
    }

    private func snapshot(_ row: JSONView, _ contract: Contract, at time: Date) throws -> FundingSnapshot {
        let mark = try row.price("mark")
        let quantity = try row.number("open_interest")
        return FundingSnapshot(
            contract,
            // The documentation calls it the rate of the last payment. It is the rate that is fixed for the coming one: at
            // 22:12 it was the `next_funding_rate` of 22:00's settlement. `next_funding` is a rate too, and moves still.
            rate: try row.requiredNumber("funding"), every: .hourly,
            markPrice: mark, indexPrice: try row.nonZero("oracle"),
            openInterest: contract.openInterest(quantity, at: mark), observedAt: time
        )
    }

    // MARK: - Markets

    private func contract(_ symbol: String, _ market: JSONView) throws -> Contract {
        // Old bodies have no type; all were perpetuals then.
        switch market["instrument_type"]?.string {
        case nil, "perpetual": break
        case "spot": throw Exclusion.spot
        case let type?: throw Rejection("instrument_type: neither perpetual nor spot: \(type)")
        }
        let kind = Self.kind(of: symbol, market)
        let (base, quote) =
            kind == .forex
            ? (String(symbol.prefix(3)), String(symbol.suffix(3)))
            : (market["base_asset"]?.string ?? symbol, "USDC")
        return profile.contract(
            symbol, base: base, quote: quote, settle: "USDC", market: kind,
            listedAt: try market.milliseconds("created_at"),
            tradingURL: "https://app.pacifica.fi/trade/\(symbol.percentEncoded)"
        )
    }

    /// Pacifica does not say what a symbol is. These are known; of the others those that trade on request for quote have
    /// never been coins.
    private static func kind(of symbol: String, _ market: JSONView) -> MarketType {
        if forex.contains(symbol) { return .forex }
        if commodities.contains(symbol) { return .commodity }
        if indices.contains(symbol) { return .index }
        if stocks.contains(symbol) { return .stock }
        return market["execution_modes"]?.elements.contains { $0.isString("rfq") } == true ? .unknown : .crypto
    }

    private static let forex: Set = ["EURUSD", "GBPUSD", "USDJPY", "USDCHF", "USDCAD", "AUDUSD", "NZDUSD"]
    private static let commodities: Set = ["XAU", "XAG", "XPT", "XPD"]
    private static let indices: Set = ["SP500", "SPY", "QQQ"]
    private static let stocks: Set = [
        "AAPL", "AMD", "AMZN", "COIN", "CRCL", "GOOGL", "HOOD", "INTC", "META", "MSFT", "MSTR", "NVDA", "PLTR", "TSLA",
    ]

    // MARK: - Manners

    /// `ratelimit: "credits";r=910;t=23`: in 23 seconds there is all of it again. Whether a refusal says `Retry-After` is
    /// not documented.
    func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration? {
        Self.value("t", in: headers).flatMap { ExchangeError.Kind.statedPause(seconds: $0) }
    }

    /// The header counts in tenths of the documented credits.
    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? {
        Self.value("r", in: headers).map { UsedBudget(profile.budget.used(leaving: $0 / 10, of: nil)) }
    }

    private static func value(_ name: String, in headers: HTTPHeaders) -> Double? {
        let parts = headers["ratelimit"]?.split(separator: ";") ?? []
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmed == name, let number = Double(pair[1].trimmed) else { continue }
            return number.isFinite && number >= 0 ? number : nil
        }
        return nil
    }

    let stream: (any ExchangeStream)? = PacificaStream()
}

extension Substring {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
