import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// KuCoin futures: one request answers for all contracts with rates, prices, terms and open interest. The code of an
/// answer is a text, and errors may come with HTTP 200.
struct KuCoin: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "kucoin", feed: "kucoin", name: "KuCoin", kind: .cex, host: "https://api-futures.kucoin.com",
        // https://www.kucoin.com/docs-new/rate-limit: the public pool, by address.
        budget: RequestBudget(2000, per: .seconds(30)),
        naming: AssetNaming(aliases: ["1MBABYDOGE": .init("BABYDOGE", denomination: 1_000_000)])
    )

    let listings: [ExchangeRequest] = []

    // https://www.kucoin.com/docs-new/rest/futures-trading/market-data/get-all-symbols
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/api/v1/contracts/active", as: "contracts", weight: 3)]
    }

    // https://www.kucoin.com/docs-new/error-code
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        guard let code = answer.root["code"]?.decimalInt else { return .unreadable }
        switch code {
        case 200_000: break
        case 429_000: return .rateLimited(retryAfter: nil)
        // Too frequent, in an answer that may have status 200: shut out for ten seconds.
        case 200_002: return .rateLimited(retryAfter: .seconds(10))
        case 500_000: return .unavailable(status: code)
        default: return .refused(code: code)
        }
        let isList = answer.root["data"]?.kind == .array
        return answer.request.name == "contracts" && !isList ? .unreadable : nil
    }

    // MARK: - Manners

    /// The pool is full again in so many milliseconds. An overloaded server refuses without this header.
    func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration? {
        headers["gw-ratelimit-reset"].flatMap { Double($0) }.flatMap {
            ExchangeError.Kind.statedPause(seconds: $0 / 1000)
        }
    }

    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? {
        headers.used(of: profile.budget, remaining: "gw-ratelimit-remaining", limit: "gw-ratelimit-limit")
    }

    var stream: (any ExchangeStream)? { KuCoinStream() }

    // MARK: - Contracts

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let contracts = try answers.one("contracts")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try contracts.root.rows("data"), symbol: { $0["symbol"]?.string }) { row in
            try snapshot(of: row, at: contracts.receivedAt)
        }
        return parsed
    }

    private func snapshot(of row: JSONView, at time: Date) throws -> FundingSnapshot {
        let contract = try contract(of: row)
        let mark = try row.price("markPrice")
        return FundingSnapshot(
            contract,
            // The running cycle's estimate, charged at the next settlement. For about a minute after a settlement it is
            // still the rate that was charged.
            rate: try row.requiredNumber("fundingFeeRate"), every: try interval(of: row),
            nextFundingTime: try nextFundingTime(of: row, at: time), markPrice: mark,
            indexPrice: try row.nonZero("indexPrice"),
            openInterest: try openInterest(of: row, contract, mark: mark),
            rateCap: try row.number("fundingRateCap"), rateFloor: try row.number("fundingRateFloor"),
            observedAt: time
        )
    }

    private func contract(of row: JSONView) throws -> Contract {
        let symbol = try row.text("symbol")
        // An index: `.KXBTUSDT`.
        guard !symbol.hasPrefix(".") else { throw Exclusion.unlisted }
        switch row["type"]?.string {
        case "FFWCSX": break
        case "FFICSX": throw Exclusion.dated
        default: throw Rejection("type: no known kind of contract: \(row["type"]?.excerpt ?? "nothing")")
        }
        guard try row.nonZero("expireDate") == nil else { throw Exclusion.dated }
        switch row["status"]?.string {
        case "Open": break
        case "Init": throw Exclusion.prelaunch
        case "Paused", "CancelOnly": throw Exclusion.suspended
        case "BeingSettled", "Settled", "Closed": throw Exclusion.delisted
        default: throw Rejection("status: no known state: \(row["status"]?.excerpt ?? "nothing")")
        }
        return profile.contract(
            symbol, base: try row.text("baseCurrency"), quote: try row.text("quoteCurrency"),
            settle: profile.naming.asset(try row.text("settleCurrency")).name,
            // `isQuanto` is true for ordinary linear contracts and says nothing.
            type: row["isInverse"]?.bool == true ? .inverse : .linear, market: market(of: row),
            listedAt: try row.milliseconds("firstOpenDate"),
            tradingURL: "https://www.kucoin.com/futures/trade/\(symbol.percentEncoded)"
        )
    }

    /// An open set: what is not known to be a coin is not called one. Bodies of 2025 have no market type; all were coins.
    private func market(of row: JSONView) -> MarketType {
        if row["marketStage"]?.isString("PRE_MARKET") == true { return .premarket }
        switch row["marketType"]?.string {
        case nil, "CRYPTO": return .crypto
        case "NASDAQ": return .stock
        default: return .unknown
        }
    }

    /// The interval in force; older bodies have only the configured one, which takes effect with the next cycle.
    private func interval(of row: JSONView) throws -> FundingInterval {
        let inForce = "currentFundingRateGranularity"
        let field = try row.number(inForce) == nil ? "fundingRateGranularity" : inForce
        guard let interval = FundingInterval(hours: try row.requiredNumber(field) / 3_600_000) else {
            throw Rejection("\(field): no known funding interval: \(row[field]?.excerpt ?? "")")
        }
        return interval
    }

    /// Only the exchange knows: contracts of one interval settle at different hours, and 8-hourly ones were moved from
    /// 04:00, 12:00 and 20:00 UTC to 00:00, 08:00 and 16:00 in June 2025.
    private func nextFundingTime(of row: JSONView, at time: Date) throws -> Date {
        if let next = try row.milliseconds("nextFundingRateDateTime") { return next }
        // Despite its name no time but what is left until then, counted from when the answer was made: whole minutes hide
        // how long it travelled.
        let left = try row.requiredNumber("nextFundingRateTime")
        guard (0...Self.longestCountdown).contains(left) else {
            throw Rejection("nextFundingRateTime: expected milliseconds that are left, found \(left)")
        }
        let minutes = ((time.timeIntervalSince1970 + left / 1000) / 60).rounded()
        return Date(timeIntervalSince1970: minutes * 60)
    }

    /// Two days, in milliseconds.
    private static let longestCountdown = 172_800_000.0

    /// Counted in lots: so many coins of a linear contract, one dollar of an inverse one, whose multiplier is -1.
    private func openInterest(of row: JSONView, _ contract: Contract, mark: Double?) throws -> OpenInterest? {
        guard let lots = try row.number("openInterest") else { return nil }
        guard let multiplier = try row.nonZero("multiplier"), contract.isPricedInDollars else {
            return .contracts(lots, usd: nil)
        }
        guard contract.contractType == .linear else { return .contracts(lots, usd: lots * abs(multiplier)) }
        return .contracts(lots, usd: mark.map { lots * multiplier * $0 })
    }
}
