import Foundation
import FundingCore
import FundingJSON

/// edgeX, version 2 of its interface: rates of all contracts in one call, but only of those that the call names by number;
/// open interest contract by contract. The hosts of version 1 still answer, with empty lists.
///
/// One word has three meanings: `fundingRate` is the last *paid* rate in the funding interface and the running estimate in
/// a ticker, `predictedFundingRate` the constant interest part alone.
struct EdgeX: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "edgex", feed: "edgex", name: "EdgeX", kind: .dex, host: "https://edgex-prod-v2.edgex.exchange",
        // No limit is published; Cloudflare stands in front.
        budget: RequestBudget(50, per: .seconds(10)), isOnByDefault: false
    )

    // https://edgex-1.gitbook.io/edgeX-documentation/api-v2/public-api/metadata-api
    let listings = [ExchangeRequest.get("/api/v2/public/meta/getMetaData", as: "meta")]

    /// As many as one call is known to take, 173, with some room.
    private static let contractsPerRequest = 150

    // https://edgex-1.gitbook.io/edgeX-documentation/api-v2/public-api/funding-api
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        let contracts = listings["meta"].last?.root["data"]?["contractList"]?.elements.filter {
            exclusion(of: $0) == nil
        }
        let ids = contracts?.compactMap { $0["contractId"]?.string } ?? []
        return stride(from: 0, to: ids.count, by: Self.contractsPerRequest).enumerated().map { page, start in
            let chosen = ids[start..<min(start + Self.contractsPerRequest, ids.count)].joined(separator: ",")
            return .get(
                "/api/v2/public/funding/getLatestFundingRate", ["contractId": chosen], as: "funding", key: "\(page + 1)"
            )
        }
    }

    /// Errors come with HTTP 200. A list that is empty is none: version 1 answers so, and so does a call without numbers.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        guard let code = answer.root["code"]?.string, let data = answer.root["data"] else { return .unreadable }
        switch code {
        case "SUCCESS": break
        case "RATE_LIMIT_EXCEEDED": return .rateLimited(retryAfter: nil)
        case "GATEWAY_INTERNAL_ERROR": return .unavailable(status: 200)
        // The code is a word; it stands in the error's text.
        default: return .refused(code: 200)
        }
        switch answer.request.name {
        case "meta": return data["contractList"]?.elements.isEmpty == false ? nil : .unreadable
        case "funding", "ticker": return data.elements.isEmpty ? .unreadable : nil
        default: return data["dataList"]?.kind == .array ? nil : .unreadable
        }
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let meta = try EdgeXListing(answers.one("meta").root)
        var parsed = Parsed<FundingSnapshot>()
        var answered = Set<String>()
        for answer in answers["funding"] {
            parsed.read(try answer.root.rows("data"), symbol: { meta.name(of: $0["contractId"]?.string) }) { row in
                let id = try row.text("contractId")
                guard let listing = meta.contracts[id] else { throw Exclusion.unlisted }
                answered.insert(id)
                return try snapshot(of: row, listing, meta, at: answer.receivedAt)
            }
        }
        // What was not asked for is left out on purpose; what was asked for should have come.
        for (id, listing) in meta.inOrder where !answered.contains(id) {
            parsed.add(symbol: meta.name(of: id) ?? id) {
                if let exclusion = exclusion(of: listing) { throw exclusion }
                throw Rejection("listed, but without a funding rate")
            }
        }
        return parsed
    }

    private func snapshot(of row: JSONView, _ listing: JSONView, _ meta: EdgeXListing, at time: Date) throws
        -> FundingSnapshot
    {
        if let exclusion = exclusion(of: listing) { throw exclusion }
        let interval = try interval(of: row) ?? interval(of: listing)
        guard let interval else { throw Rejection("\(Self.intervalField) is missing") }
        // The start of the running period; 0 before the first payment. Periods begin at multiples of their length.
        let start = try row.milliseconds("fundingTime")
        return FundingSnapshot(
            try contract(listing, meta),
            // At the moment of a payment there is no estimate yet; the paid rate, of which it begins, stands in.
            rate: try row.number("forecastFundingRate") ?? row.requiredNumber("fundingRate"), every: interval,
            nextFundingTime: start?.addingTimeInterval(interval.hours * 3600),
            markPrice: try row.price("markPrice"), indexPrice: try row.nonZero("indexPrice"),
            rateCap: try listing.number("fundingMaxRate"), rateFloor: try listing.number("fundingMinRate"),
            observedAt: time
        )
    }

    /// Four hours by now, and once eight: always by the field.
    func interval(of row: JSONView) throws -> FundingInterval? {
        guard let minutes = try row.nonZero(Self.intervalField) else { return nil }
        guard let interval = FundingInterval(hours: minutes / 60) else {
            throw Rejection(
                "\(Self.intervalField): no known funding interval: \(row[Self.intervalField]?.excerpt ?? "")")
        }
        return interval
    }

    private static let intervalField = "fundingRateIntervalMin"

    private func exclusion(of listing: JSONView) -> Exclusion? {
        if listing["enableDisplay"]?.bool == false { return .delisted }
        return listing["enableTrade"]?.bool == false ? .suspended : nil
    }

    private func contract(_ listing: JSONView, _ meta: EdgeXListing) throws -> Contract {
        let name = try listing.text("contractName")
        // Never from the name: `哈基米USDC` is HAJIMI.
        let base = try meta.coin(listing.text("baseCoinId"))
        let quote = try meta.coin(listing.text("quoteCoinId"))
        return profile.contract(
            name, base: base, quote: quote, settle: quote, market: market(of: base, listing),
            tradingURL: "https://pro.edgex.exchange/en-US/perpetuals/\(name.percentEncoded)",
            nativeID: try listing.text("contractId")
        )
    }

    /// A fund is flagged as a share, and a metal not at all.
    private func market(of base: String, _ listing: JSONView) -> MarketType {
        if listing["isFx"]?.bool == true { return .forex }
        if Self.commodities.contains(base) { return .commodity }
        if Self.indices.contains(base) { return .index }
        return listing["isStock"]?.bool == true ? .stock : .crypto
    }

    private static let commodities: Set = ["XAU", "XAG", "XPT", "XPD", "XCU", "COPPER", "WTI", "BRENT", "NATGAS"]
    private static let indices: Set = ["SPY", "QQQ", "IWM", "DIA", "SPX500", "US500"]

    // MARK: - Open interest

    // https://edgex-1.gitbook.io/edgeX-documentation/api-v2/public-api/quote-api
    func openInterestRequest(of contract: Contract) -> ExchangeRequest? {
        contract.nativeID.map { .get("/api/v2/public/quote/getTicker", ["contractId": $0], as: "ticker", key: $0) }
    }

    func openInterest(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> OpenInterest?
    {
        let row = try answer.root.rows("data").first { $0["contractId"]?.string == snapshot.contract.nativeID }
        guard let row else { throw Rejection("no ticker of \(snapshot.contract.symbol)") }
        let coins = try row.requiredNumber("openInterest")
        return .base(coins, at: try row.price("markPrice") ?? snapshot.markPrice)
    }

    var stream: (any ExchangeStream)? { EdgeXStream() }
}

/// edgeX's contracts and coins by their numbers.
private struct EdgeXListing {
    let contracts: [String: JSONView]
    let inOrder: [(String, JSONView)]
    private let coins: [String: String]

    init(_ root: JSONView) throws {
        guard let data = root["data"] else { throw Rejection("data is missing") }
        inOrder = try data.rows("contractList").map { ($0["contractId"]?.string ?? $0.excerpt, $0) }
        contracts = Dictionary(inOrder) { first, _ in first }
        let pairs = try data.rows("coinList").compactMap { coin in
            coin["coinId"]?.string.flatMap { id in coin["coinName"]?.string.map { (id, $0) } }
        }
        coins = Dictionary(pairs) { first, _ in first }
    }

    func name(of id: String?) -> String? { id.flatMap { contracts[$0]?["contractName"]?.string ?? $0 } }

    func coin(_ id: String) throws -> String {
        guard let name = coins[id], !name.isEmpty else { throw Rejection("coin \(id) has no name") }
        return name
    }
}
