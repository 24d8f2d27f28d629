import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// dYdX v4, as its indexer tells it: one call answers for all markets, funding is paid every full hour. There is no mark
/// price; positions are valued at the oracle's, which therefore stands for both.
///
/// Some forty ACTIVE markets are dead: a constant rate, no volume, no open interest (dydxprotocol/v4-clients#380). They
/// are listed, so they are read; what is worth trading is decided elsewhere.
struct DYdX: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "dydx", feed: "dydx", name: "dYdX", kind: .dex, host: "https://indexer.dydx.trade",
        // The default of the indexer's source; an address has it for all its GET requests.
        budget: RequestBudget(100, per: .seconds(10))
    )

    let listings: [ExchangeRequest] = []

    // https://docs.dydx.xyz/indexer-client/http#get-perpetual-markets
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/v4/perpetualMarkets", as: "perpetual-markets")]
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let answer = try answers.one("perpetual-markets")
        guard let markets = answer.root["markets"], markets.kind == .object else {
            throw Rejection("markets: expected an object, found \(answer.root.excerpt)")
        }
        var parsed = Parsed<FundingSnapshot>()
        for (ticker, market) in markets.members {
            parsed.add(symbol: ticker) { try snapshot(of: ticker, market, at: answer.receivedAt) }
        }
        return parsed
    }

    private func snapshot(of ticker: String, _ market: JSONView, at time: Date) throws -> FundingSnapshot {
        try confirmActivity(market)
        let stated = try market.text("ticker")
        guard stated == ticker else { throw Rejection("ticker: expected \(ticker), found \(stated)") }
        let oracle = try market.price("oraclePrice")
        // `baseOpenInterest` is a part of the rule that caps open interest, not the open interest.
        let coins = try market.number("openInterest")
        return FundingSnapshot(
            try contract(ticker),
            // The protocol reckons by eight hours; the indexer has divided by eight already. Right after the hour there is
            // no sample yet, and this is still the rate that was just paid.
            rate: try market.requiredNumber("nextFundingRate"), every: .hourly,
            markPrice: oracle, indexPrice: oracle,
            openInterest: .base(coins, at: oracle), observedAt: time
        )
    }

    /// Markets that are closed for good still state a rate.
    private func confirmActivity(_ market: JSONView) throws {
        switch try market.text("status") {
        case "ACTIVE": break
        case "FINAL_SETTLEMENT": throw Exclusion.delisted
        case "INITIALIZING": throw Exclusion.prelaunch
        case "PAUSED", "CANCEL_ONLY", "POST_ONLY": throw Exclusion.suspended
        case let status: throw Rejection("status \(status) is not documented")
        }
    }

    /// `BTC-USD`, or `FARTCOIN,RAYDIUM,9BB6…-USD`: name, pool and address of a coin that others may share the name with.
    private func contract(_ ticker: String) throws -> Contract {
        guard ticker.hasSuffix("-USD"), let base = ticker.dropLast(4).split(separator: ",").first.map(String.init)
        else {
            throw Rejection("no base asset can be read from the ticker")
        }
        return profile.contract(
            ticker, base: base, quote: "USD", settle: "USDC", market: Self.market(of: base),
            tradingURL: "https://dydx.trade/trade/\(ticker.percentEncoded)"
        )
    }

    /// dYdX does not say what a name is; these are known not to be coins.
    private static func market(of base: String) -> MarketType {
        if commodities.contains(base) { return .commodity }
        return currencies.contains(base) ? .forex : .crypto
    }

    private static let commodities: Set = ["XAU", "XAG", "XPT", "XPD", "WTI", "BRENT"]
    private static let currencies: Set = ["EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "TRY"]

    // MARK: - Manners

    // https://github.com/dydxprotocol/v4-chain/blob/main/indexer/services/comlink/src/lib/rate-limit.ts

    /// Milliseconds where everyone else says seconds.
    func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration? {
        headers["Retry-After"].flatMap { Double($0) }.flatMap { ExchangeError.Kind.statedPause(seconds: $0 / 1000) }
    }

    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? {
        headers.used(of: profile.budget, remaining: "RateLimit-Remaining", limit: "RateLimit-Limit")
    }

    var stream: (any ExchangeStream)? { DYdXStream() }
}
