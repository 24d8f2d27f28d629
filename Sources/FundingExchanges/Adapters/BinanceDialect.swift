import Foundation
import FundingCore
import FundingJSON

/// Binance futures: three requests are joined. `premiumIndex` has the rates of all contracts, `exchangeInfo` says which
/// of them are perpetual and trading, `fundingInfo` lists only contracts whose terms were ever adjusted.
struct BinanceDialect: ExchangeAdapter {
    let profile: ExchangeProfile

    static let usdm = BinanceDialect(
        profile: ExchangeProfile(
            exchange: "binance", feed: "binance-usdm", name: "Binance", kind: .cex, host: "https://fapi.binance.com",
            // exchangeInfo.rateLimits; fundingInfo and fundingRate share a budget of their own.
            budget: RequestBudget(2400, per: .seconds(60)),
            ownBudgets: ["funding": RequestBudget(500, per: .seconds(300))],
            naming: AssetNaming(aliases: ["1MBABYDOGE": .init("BABYDOGE", denomination: 1_000_000)])
        )
    )

    // https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
    let listings = [
        ExchangeRequest.get("/fapi/v1/exchangeInfo", as: "exchange-info"),
        ExchangeRequest.get("/fapi/v1/fundingInfo", as: "funding-info", weight: 1, ownBudget: "funding"),
    ]

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/fapi/v1/premiumIndex", as: "premium-index", weight: 10)]
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let listed = try listedSymbols(answers.one("exchange-info").root)
        let adjusted = try adjustedTerms(answers.one("funding-info").root)
        let premiums = try answers.one("premium-index")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try premiums.root.rows(), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            guard let listing = listed[symbol] else { throw Exclusion.unlisted }
            let contract = try contract(symbol, listing)
            // 0 only on dated contracts, which the listing excludes already.
            guard let next = try row.milliseconds("nextFundingTime") else { throw Exclusion.dated }
            let terms = adjusted[symbol]
            let interval = try terms.map { try $0.intervalHours("fundingIntervalHours") } ?? Self.usualInterval
            try confirm(interval, by: next)
            return FundingSnapshot(
                contract,
                // Despite its name the running estimate for the coming payment.
                rate: try row.requiredNumber("lastFundingRate"), every: interval, nextFundingTime: next,
                markPrice: try row.price("markPrice"), indexPrice: try row.nonZero("indexPrice"),
                rateCap: try terms?.number("adjustedFundingRateCap"),
                rateFloor: try terms?.number("adjustedFundingRateFloor"), observedAt: premiums.receivedAt
            )
        }
        return parsed
    }

    func openInterestRequest(of contract: Contract) -> ExchangeRequest? {
        .get("/fapi/v1/openInterest", ["symbol": contract.symbol], as: "open-interest", key: contract.symbol)
    }

    func openInterestUSD(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> Double?
    {
        // Counted in units of the symbol, so a 1000SHIB quantity and a 1000SHIB price belong together.
        let quantity = try answer.root.requiredNumber("openInterest")
        guard let mark = snapshot.markPrice else { return nil }
        if snapshot.contract.isPricedInDollars { return quantity * mark }
        return price(snapshot.contract.quoteAsset).map { quantity * mark * $0 }
    }

    // MARK: - Joining

    /// The documented default of contracts that `fundingInfo` does not list.
    private static let usualInterval = FundingInterval.eightHours

    private func listedSymbols(_ info: JSONView) throws -> [String: JSONView] {
        Dictionary(try info.rows("symbols").compactMap { row in row["symbol"]?.string.map { ($0, row) } }) { $1 }
    }

    /// Empty and `null` bodies have been seen; a body of another shape is an error, not "nothing adjusted".
    private func adjustedTerms(_ info: JSONView) throws -> [String: JSONView] {
        if info.isNull { return [:] }
        let rows = try info.rows()
        let terms = Dictionary(rows.compactMap { row in row["symbol"]?.string.map { ($0, row) } }) { $1 }
        guard rows.isEmpty || !terms.isEmpty else { throw Rejection("no terms in \(info.excerpt)") }
        return terms
    }

    private func contract(_ symbol: String, _ listing: JSONView) throws -> Contract {
        let kind = listing["contractType"]?.string ?? ""
        guard kind == "PERPETUAL" || kind == "TRADIFI_PERPETUAL" else {
            throw kind.isEmpty ? Exclusion.prelaunch : kind == "PERPETUAL DELIVERING" ? .delisted : .dated
        }
        switch listing["status"]?.string {
        case "TRADING": break
        case "PENDING_TRADING": throw Exclusion.prelaunch
        default: throw Exclusion.delisted
        }
        return profile.contract(
            symbol, base: try listing.text("baseAsset"), quote: try listing.text("quoteAsset"),
            settle: try listing.text("marginAsset"), market: market(listing["underlyingType"]?.string),
            listedAt: try listing.milliseconds("onboardDate"),
            tradingURL: "https://www.binance.com/en/futures/\(symbol.percentEncoded)"
        )
    }

    private func market(_ underlying: String?) -> MarketType {
        switch underlying {
        case "COIN": .crypto
        case "INDEX": .index
        case "COMMODITY": .commodity
        case "PREMARKET": .premarket
        case let kind? where kind.hasSuffix("EQUITY"): .stock
        default: .unknown
        }
    }

    /// Settlements fall on multiples of the interval since 00:00 UTC; a next time off that grid disproves the interval.
    private func confirm(_ interval: FundingInterval, by next: Date) throws {
        let seconds = (next.timeIntervalSince1970 / 60).rounded() * 60
        guard seconds.truncatingRemainder(dividingBy: Double(interval.minutes) * 60) == 0 else {
            throw Rejection(
                "interval unknown: \(interval) is listed, but the next payment is due at \(Timestamp.text(next))",
                outdatesListings: true
            )
        }
    }
}
