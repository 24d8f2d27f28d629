import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// Aster perpetuals, an API after Binance's: history and mark price streams are the same, but `fundingInfo` lists every
/// contract, and what is priced stands in `underlyingSubType`. Open interest is undocumented and comes by contract.
/// https://github.com/asterdex/api-docs, V3 futures
struct Aster: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "aster", feed: "aster", name: "Aster", kind: .dex, host: "https://fapi.asterdex.com",
        // exchangeInfo.rateLimits
        budget: RequestBudget(2400, per: .seconds(60)), naming: AssetNaming(kiloPrefix: true)
    )

    let listings = [
        ExchangeRequest.get("/fapi/v3/exchangeInfo", as: "exchange-info"),
        ExchangeRequest.get("/fapi/v3/fundingInfo", as: "funding-info"),
    ]

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/fapi/v3/premiumIndex", as: "premium-index")]
    }

    /// A firewall answers 403 to bursts and lets in again soon; a ban is 418.
    func meaning(ofStatus status: Int) -> ExchangeError.Kind? {
        status == 403 ? .rateLimited(retryAfter: nil) : nil
    }

    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? { headers.usedWeight }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let listed = try bySymbol(answers.one("exchange-info").root.rows("symbols"))
        let terms = try bySymbol(answers.one("funding-info").root.rows())
        guard !terms.isEmpty else { throw Rejection("fundingInfo lists no contract, so no interval is known") }
        let premiums = try answers.one("premium-index")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try premiums.root.rows(), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            // Coin-style rows such as BTCUSD stand among the rates and nowhere else.
            guard let listing = listed[symbol] else { throw Exclusion.unlisted }
            return try snapshot(row, try contract(symbol, listing), terms[symbol], at: premiums.receivedAt)
        }
        return parsed
    }

    private func snapshot(_ row: JSONView, _ contract: Contract, _ terms: JSONView?, at time: Date) throws
        -> FundingSnapshot
    {
        guard let terms else {
            throw Rejection("interval unknown: fundingInfo does not list the contract", outdatesListings: true)
        }
        let interval = try terms.intervalHours("fundingIntervalHours")
        let next = try row.milliseconds("nextFundingTime")
        // No page says where payments fall; all recorded ones are multiples of the interval since 00:00 UTC.
        if let next { try interval.confirm(by: next) }
        return FundingSnapshot(
            contract,
            // Despite its name the running estimate for the coming payment. 0 for shares out of hours.
            rate: try row.requiredNumber("lastFundingRate"), every: interval, nextFundingTime: next,
            markPrice: try row.price("markPrice"), indexPrice: try row.nonZero("indexPrice"),
            rateCap: try terms.number("fundingFeeCap"), rateFloor: try terms.number("fundingFeeFloor"),
            observedAt: time
        )
    }

    private func bySymbol(_ rows: JSONElements) -> [String: JSONView] {
        Dictionary(rows.compactMap { row in row["symbol"]?.string.map { ($0, row) } }) { $1 }
    }

    private func contract(_ symbol: String, _ listing: JSONView) throws -> Contract {
        switch listing["status"]?.string {
        case "TRADING": break
        case "PENDING_TRADING": throw Exclusion.prelaunch
        default: throw Exclusion.delisted
        }
        guard listing["contractType"]?.isString("PERPETUAL") == true else { throw Exclusion.dated }
        return profile.contract(
            symbol, base: try listing.text("baseAsset"), quote: try listing.text("quoteAsset"),
            settle: try listing.text("marginAsset"), market: market(listing["underlyingSubType"]),
            listedAt: try listing.milliseconds("onboardDate"),
            tradingURL: "https://www.asterdex.com/en/futures/v1/\(symbol.percentEncoded)"
        )
    }

    /// `underlyingType` says COIN of everything, shares included.
    private func market(_ subTypes: JSONView?) -> MarketType {
        let types = (subTypes?.elements).map { $0.compactMap(\.string) } ?? []
        // A share that does not trade yet is no share to compare with.
        if types.contains("pre-launch") { return .premarket }
        for type in types {
            switch type {
            case "STOCK", "ETF": return .stock
            case "Commodities": return .commodity
            case _ where Self.coinSectors.contains(type): continue
            default: return .unknown
            }
        }
        return .crypto
    }

    /// The sectors that Binance sorts coins into. Aster's documentation shows them too, its answers leave them out.
    private static let coinSectors: Set = [
        "AI", "BSC", "DEFI", "DeFi", "Gaming", "HOT", "Infrastructure", "Layer-1", "Layer-2", "Meme", "Metaverse",
        "NFT",
        "Payment", "PoW", "RWA", "STORAGE", "Storage",
    ]

    // MARK: - Open interest, contract by contract

    func openInterestRequest(of contract: Contract) -> ExchangeRequest? {
        .get("/fapi/v3/openInterest", ["symbol": contract.symbol], as: "open-interest", key: contract.symbol)
    }

    /// In units of the symbol. No contract is priced in a coin.
    func openInterest(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> OpenInterest?
    {
        let quantity = try answer.root.requiredNumber("openInterest")
        return snapshot.contract.openInterest(quantity, at: snapshot.markPrice)
    }

    // MARK: - History and stream

    private let history = BinanceHistory(path: "/fapi/v3/fundingRate")

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        [history.request(of: contract.symbol, during: window)]
    }

    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    {
        try history.page(after: answer, of: contract.symbol, during: window)
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        try history.settlements(in: answer, of: contract.symbol)
    }

    let stream: (any ExchangeStream)? = BinanceMarkPriceStream(
        host: "wss://fstream.asterdex.com", path: "/stream", channels: .ofAllContracts("!markPrice@arr@1s")
    )
}
