import Foundation
import FundingCore
import FundingJSON

/// MEXC futures: three lists are joined. `funding_rate` has rates, intervals and times of all contracts, `ticker` prices
/// and open interest, `detail` says what they are. An answer's `success` counts, whatever its status.
struct MEXC: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "mexc", feed: "mexc", name: "MEXC", kind: .cex,
        // The documented host since January 2026; contract.mexc.com is said to be discontinued.
        host: "https://api.mexc.com",
        // Documented for each endpoint and address; newer pages allow more for the list of contracts.
        budget: RequestBudget(20, per: .seconds(2)), ownBudgets: ["detail": RequestBudget(1, per: .seconds(5))],
        naming: AssetNaming(aliases: [
            // MEXC's own names, told by the contracts' descriptions.
            "NVIDIA": .init("NVDA"), "TESLA": .init("TSLA"), "COINBASE": .init("COIN"), "FILECOIN": .init("FIL"),
            "PUMPFUN": .init("PUMP"), "TRUMPOFFICIAL": .init("TRUMP"),
        ])
    )

    // https://mexcdevelop.github.io/apidocs/contract_v1_en/#get-the-contract-information
    let listings = [ExchangeRequest.get("/api/v1/contract/detail", as: "detail", ownBudget: "detail")]

    // https://mexcdevelop.github.io/apidocs/contract_v1_en/#get-contract-funding-rate, #get-contract-trend-data
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [
            .get("/api/v1/contract/funding_rate", as: "funding-rates"),
            .get("/api/v1/contract/ticker", as: "tickers"),
        ]
    }

    // https://mexcdevelop.github.io/apidocs/contract_v1_en/#error-code
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        guard let isSuccess = answer.root["success"]?.bool else { return .unreadable }
        if isSuccess { return answer.root["data"].map { $0.isNull ? .unreadable : nil } ?? .unreadable }
        switch answer.root["code"]?.decimalInt {
        case 510: return .rateLimited(retryAfter: nil)
        case let code? where code == 500 || code == 501: return .unavailable(status: code)
        case let code?: return .refused(code: code)
        case nil: return .unreadable
        }
    }

    var stream: (any ExchangeStream)? { MEXCStream() }

    // MARK: - Joining

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let rates = try answers.one("funding-rates")
        let listed = try bySymbol(answers.one("detail"))
        let tickers = try bySymbol(answers.one("tickers"))
        var parsed = Parsed<FundingSnapshot>()
        var rated = Set<String>()
        parsed.read(try rates.root.rows("data"), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            rated.insert(symbol)
            // Coins that only lend their price are in this list too.
            guard let listing = listed[symbol] else { throw Exclusion.unlisted }
            return try snapshot(of: row, listing, tickers[symbol], at: rates.receivedAt)
        }
        for (symbol, listing) in listed.sorted(by: { $0.key < $1.key }) where !rated.contains(symbol) {
            parsed.add(symbol: symbol) {
                _ = try contract(of: listing, at: rates.receivedAt)
                throw Rejection("listed, but without a rate")
            }
        }
        return parsed
    }

    /// The rows of a list, with the shape that a single contract's answer has as well.
    private func bySymbol(_ answer: Answer) throws -> [String: JSONView] {
        let rows = try answer.root.rows("data")
        let named = Dictionary(rows.compactMap { row in row["symbol"]?.string.map { ($0, row) } }) { $1 }
        guard !named.isEmpty else { throw Rejection("no contract in \(answer.request.label)") }
        return named
    }

    private func snapshot(of row: JSONView, _ listing: JSONView, _ ticker: JSONView?, at time: Date) throws
        -> FundingSnapshot
    {
        let contract = try contract(of: listing, at: time)
        guard let next = try row.milliseconds("nextSettleTime") else { throw Rejection("nextSettleTime is missing") }
        // MEXC's mark price is called the fair price. Rows of rates hold it since April 2026.
        let mark = try row.price("fairPrice") ?? ticker?.price("fairPrice")
        return FundingSnapshot(
            contract, rate: try row.requiredNumber("fundingRate"), every: try row.intervalHours("collectCycle"),
            nextFundingTime: next, markPrice: mark,
            indexPrice: try row.nonZero("idxPrice") ?? ticker?.nonZero("indexPrice"),
            openInterest: try openInterest(of: contract, listing, ticker, mark: mark),
            rateCap: try row.number("maxFundingRate"), rateFloor: try row.number("minFundingRate"), observedAt: time
        )
    }

    /// Counted in contracts: so many coins of a linear one, so many dollars of an inverse one.
    private func openInterest(of contract: Contract, _ listing: JSONView, _ ticker: JSONView?, mark: Double?) throws
        -> OpenInterest?
    {
        guard let held = try ticker?.number("holdVol") else { return nil }
        guard let size = try listing.nonZero("contractSize"), contract.isPricedInDollars else {
            return .contracts(held, usd: nil)
        }
        guard contract.contractType == .linear else { return .contracts(held, usd: held * size) }
        return .contracts(held, usd: mark.map { held * size * $0 })
    }

    // MARK: - Contracts

    private func contract(of listing: JSONView, at time: Date) throws -> Contract {
        let symbol = try listing.text("symbol")
        // `apiAllowed` is false on live contracts: it says who may trade by API and nothing else.
        switch listing["state"]?.decimalInt {
        case 0: break
        case 1, 2, 3: throw Exclusion.delisted
        case 4: throw Exclusion.suspended
        default: throw Rejection("state: no known state: \(listing["state"]?.excerpt ?? "nothing")")
        }
        if listing["isHidden"]?.bool == true { throw Exclusion.unlisted }
        // Absent in older bodies, when all were perpetual.
        switch try listing.number("futureType") {
        case nil, 1: break
        case 2: throw Exclusion.dated
        case let type?: throw Rejection("futureType: no known kind of contract: \(type)")
        }
        let opening = try listing.milliseconds("openingTime")
        if let opening, opening > time { throw Exclusion.prelaunch }
        let (base, market) = self.market(of: listing, try listing.text("baseCoin"))
        let quote = try listing.text("quoteCoin")
        let settle = try listing.text("settleCoin")
        return profile.contract(
            symbol, base: base, quote: quote, settle: settle, type: settle == quote ? .linear : .inverse,
            market: market, listedAt: try opening ?? listing.milliseconds("createTime"),
            tradingURL: "https://www.mexc.com/futures/\(symbol.percentEncoded)"
        )
    }

    /// Shares are called `AAPLSTOCK`, and what a contract is about is told by its `conceptPlate`, an open set of words such
    /// as `mc-trade-zone-Stock`; what belongs to the old economy without more is not called a coin.
    private func market(of listing: JSONView, _ base: String) -> (base: String, MarketType) {
        let ending = "STOCK"
        let isStock = base.hasSuffix(ending) && base != ending
        let name = isStock ? String(base.dropLast(ending.count)) : base
        let plates = (listing["conceptPlate"]?.elements).map { $0.compactMap { $0.string?.lowercased() } } ?? []
        func has(_ word: String) -> Bool { plates.contains { $0.contains(word) } }
        if has("stockindex") { return (name, .index) }
        if isStock || has("zone-stock") || has("zone-etf") || Self.stocks.contains(name) { return (name, .stock) }
        if has("zone-forex") { return (name, .forex) }
        if ["zone-commodit", "zone-metal", "zone-oil"].contains(where: has) { return (name, .commodity) }
        return (name, has("zone-tradfi") ? .unknown : .crypto)
    }

    /// Known not to be coins where nothing is said.
    private static let stocks: Set = ["NVIDIA", "TESLA", "TSLA", "COINBASE"]
}
