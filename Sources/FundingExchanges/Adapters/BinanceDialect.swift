import CurlDriver
import Foundation
import FundingCore
import FundingJSON

/// Binance futures: three requests are joined. `premiumIndex` has the rates of all contracts, `exchangeInfo` says which
/// of them are perpetual and trading, `fundingInfo` lists only contracts whose terms were ever adjusted.
///
/// The two markets, each on a host of its own, speak the same but for a few `Facts`.
struct BinanceDialect: ExchangeAdapter {
    let profile: ExchangeProfile
    let facts: Facts

    /// In what the markets differ.
    struct Facts: Sendable {
        /// What every path begins with.
        var root: String
        var contractType: ContractType
        /// Where a listed contract says whether it trades.
        var statusField: String
        var openInterestUnit: OpenInterestUnit
        /// The budget that the endpoints of funding have for themselves.
        var fundingBudget: String?
        /// `fundingRate` answers without a symbol.
        var hasBulkHistory: Bool
        var tradingPage: @Sendable (_ symbol: String) -> String
        var stream: BinanceMarkPriceStream
    }

    /// What open interest is counted in.
    enum OpenInterestUnit: Sendable {
        /// Units of the symbol: a 1000SHIB quantity counts thousands, as the price does.
        case symbol
        /// Contracts of so many dollars each, by base asset.
        case contract(dollars: @Sendable (_ baseAsset: String) -> Double)
    }

    var listings: [ExchangeRequest] {
        [
            .get("\(facts.root)/exchangeInfo", as: "exchange-info"),
            .get("\(facts.root)/fundingInfo", as: "funding-info", ownBudget: facts.fundingBudget),
        ]
    }

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("\(facts.root)/premiumIndex", as: "premium-index", weight: 10)]
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
            try interval.confirm(by: next)
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

    // MARK: - Open interest, contract by contract

    func openInterestRequest(of contract: Contract) -> ExchangeRequest? {
        .get("\(facts.root)/openInterest", ["symbol": contract.symbol], as: "open-interest", key: contract.symbol)
    }

    func openInterest(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> OpenInterest?
    {
        let quantity = try answer.root.requiredNumber("openInterest")
        switch facts.openInterestUnit {
        case .contract(let dollars): return .contracts(quantity, usd: quantity * dollars(snapshot.contract.baseAsset))
        case .symbol:
            guard let mark = snapshot.markPrice, !snapshot.contract.isPricedInDollars else {
                return .base(quantity, at: snapshot.markPrice)
            }
            return .base(quantity, at: price(snapshot.contract.quoteAsset).map { mark * $0 })
        }
    }

    // MARK: - The rest

    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? { headers.usedWeight }

    var stream: (any ExchangeStream)? { facts.stream }

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
        switch listing[facts.statusField]?.string {
        case "TRADING": break
        case "PENDING_TRADING": throw Exclusion.prelaunch
        default: throw Exclusion.delisted
        }
        let contract = profile.contract(
            symbol, base: try listing.text("baseAsset"), quote: try listing.text("quoteAsset"),
            settle: try listing.text("marginAsset"), type: facts.contractType,
            market: market(listing["underlyingType"]?.string), listedAt: try listing.milliseconds("onboardDate"),
            tradingURL: facts.tradingPage(symbol)
        )
        if case .contract(let dollars) = facts.openInterestUnit {
            try confirm(dollars(contract.baseAsset), isThatOf: listing)
        }
        return contract
    }

    /// Open interest is read without the listing, so a contract of another size than documented must not get that far.
    private func confirm(_ dollars: Double, isThatOf listing: JSONView) throws {
        let stated = try listing.requiredNumber("contractSize")
        guard stated == dollars else {
            throw Rejection(
                "contractSize: expected \(Int(dollars)) dollars a contract, found \(listing["contractSize"]?.excerpt ?? "")"
            )
        }
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
}
