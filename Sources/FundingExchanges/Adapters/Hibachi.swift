import Foundation
import FundingCore
import FundingJSON

/// Hibachi: one call answers for all markets, with estimated rates; it does not say how often funding is paid.
///
/// That was every eight hours in 2025 and is every hour since. So the distance of a market's last two payments tells,
/// asked for together with the list of markets; where that is not to be had it is the hour that was measured in September
/// 2026 of all markets. Nothing else is ever filled in: a market without a rate is a reject.
struct Hibachi: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "hibachi", feed: "hibachi", name: "Hibachi", kind: .dex, host: "https://data-api.hibachi.xyz",
        // Nothing is published; ccxt paces its requests at ten a second.
        budget: RequestBudget(100, per: .seconds(10))
    )

    // https://api-doc.hibachi.xyz
    let listings = [ExchangeRequest.get("/market/exchange-info", as: "exchange-info", need: .optional)]

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/market/inventory", as: "inventory")]
    }

    private static let recentHours = 26.0
    /// Markets whose payments are looked at: what follows one request must be few. Fifteen were live in September 2026.
    private static let mostMarkets = 18

    /// The payments of the last day of every live market.
    func followUps(to answer: Answer) throws -> [ExchangeRequest] {
        guard answer.request.name == "exchange-info" else { return [] }
        let symbols = try answer.root.rows("futureContracts").compactMap { row in
            row["status"]?.isString("LIVE") == true ? row["symbol"]?.string : nil
        }
        let end = Int(answer.receivedAt.timeIntervalSince1970)
        return symbols.prefix(Self.mostMarkets).map { symbol in
            var request = Self.payments(of: symbol, from: end - Int(Self.recentHours * 3600), to: end)
            request.name = "recent-payments"
            return request
        }
    }

    /// `{"errorCode":…,"status":…,"message":…}` is what errors are said to look like.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        if let code = answer.root["errorCode"], !code.isNull {
            return code.decimalInt.map { .refused(code: $0) } ?? .unreadable
        }
        guard answer.request.name == "exchange-info" else { return nil }
        return answer.root["futureContracts"]?.kind == .array ? nil : .unreadable
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let inventory = try answers.one("inventory")
        let intervals = intervals(in: answers["recent-payments"])
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try inventory.root.rows("markets"), symbol: { $0["contract"]?["symbol"]?.string }) { row in
            guard let terms = row["contract"], let info = row["info"] else {
                throw Rejection("expected contract and info, found \(row.excerpt)")
            }
            let contract = try contract(terms, info)
            let interval = try intervals[contract.symbol].map { try $0.get() } ?? Self.usualInterval
            return try snapshot(info, contract, every: interval, at: inventory.receivedAt)
        }
        return parsed
    }

    private func snapshot(
        _ info: JSONView, _ contract: Contract, every interval: FundingInterval, at time: Date
    ) throws -> FundingSnapshot {
        let mark = try info.price("markPrice")
        return FundingSnapshot(
            contract, rate: try info.requiredNumber("estimatedFundingRate"), every: interval,
            markPrice: mark, indexPrice: try info.nonZero("spotPrice"),
            // In base units.
            openInterest: contract.openInterest(try info.number("openInterestQuantity"), at: mark), observedAt: time
        )
    }

    // MARK: - Intervals

    private static let usualInterval = FundingInterval.hourly

    /// By symbol, for markets that were paid twice lately.
    private func intervals(in payments: [Answer]) -> [String: Result<FundingInterval, Rejection>] {
        var intervals: [String: Result<FundingInterval, Rejection>] = [:]
        for answer in payments {
            guard let symbol = answer.request.query.first(where: { $0.name == "symbol" })?.value else { continue }
            let times = answer.root["data"]?.elements.compactMap { $0["fundingTimestamp"]?.decimal }.sorted() ?? []
            guard times.count > 1 else { continue }
            let distance = times[times.count - 1] - times[times.count - 2]
            intervals[symbol] =
                FundingInterval(hours: (distance / 60).rounded() / 60).map { .success($0) }
                ?? .failure(
                    Rejection(
                        "interval unknown: the last two payments are \(String(format: "%.0f", distance)) s apart"))
        }
        return intervals
    }

    // MARK: - Markets

    private func contract(_ terms: JSONView, _ info: JSONView) throws -> Contract {
        let symbol = try terms.text("symbol")
        // `symbolStatus` says OPEN of closed markets too.
        switch try terms.text("status") {
        case "LIVE": break
        case "CLOSED": throw Exclusion.delisted
        default: throw Exclusion.suspended
        }
        let base = try terms.text("underlyingSymbol")
        let category = terms["category"]?.string ?? info["category"]?.string
        return profile.contract(
            symbol, base: base, quote: try terms.text("settlementSymbol"), settle: try terms.text("settlementSymbol"),
            market: market(category?.uppercased(), base), listedAt: try terms.epochSeconds("marketCreationTimestamp"),
            // No page of a single market is known.
            tradingURL: "https://hibachi.xyz/trade"
        )
    }

    /// Metals are filed under currencies.
    private func market(_ category: String?, _ base: String) -> MarketType {
        switch category {
        case "CRYPTO": .crypto
        case "FX": Self.metals.contains(base) ? .commodity : .forex
        default: .unknown
        }
    }

    private static let metals: Set = ["XAU", "XAG", "XPT", "XPD"]

    let stream: (any ExchangeStream)? = HibachiStream()
}
