import Foundation
import FundingCore
import FundingJSON

/// Kraken Futures: one request answers for all contracts, but its rate is absolute, money per unit and hour, and becomes
/// a fraction only by the index price. Funding is paid every full hour.
struct Kraken: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "kraken", feed: "kraken", name: "Kraken", kind: .cex, host: "https://futures.kraken.com",
        // Cost units, of which public requests cost none: https://docs.kraken.com/api/docs/guides/futures-rate-limits
        budget: RequestBudget(500, per: .seconds(10)),
        // A history is megabytes: two a second.
        ownBudgets: ["history": RequestBudget(20, per: .seconds(10))],
        naming: AssetNaming(aliases: ["XDG": .init("DOGE")]), rateKind: .fixed, isOnByDefault: false
    )

    // https://docs.kraken.com/api/docs/futures-api/trading/get-instruments
    let listings: [ExchangeRequest] = [.get("/derivatives/api/v3/instruments", as: "instruments")]

    // https://docs.kraken.com/api/docs/futures-api/trading/get-tickers
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/derivatives/api/v3/tickers", as: "tickers")]
    }

    /// Errors are told by `result`, maybe with HTTP status 200. Some histories lack it: the list itself counts then.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        if answer.root["result"]?.isString("error") == true {
            if answer.root["error"]?.isString("apiLimitExceeded") == true { return .rateLimited(retryAfter: nil) }
            return .refused(code: 200)
        }
        switch answer.request.name {
        case "instruments": return answer.root["instruments"]?[0]?["symbol"] == nil ? .unreadable : nil
        case "tickers": return answer.root["tickers"]?.kind == .array ? nil : .unreadable
        default: return answer.root["rates"]?.kind == .array ? nil : .unreadable
        }
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let list = try answers.one("instruments").root.rows("instruments")
        let instruments = Dictionary(list.compactMap { row in row["symbol"]?.string.map { ($0, row) } }) { $1 }
        let tickers = try answers.one("tickers")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try tickers.root.rows("tickers"), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            if let tag = row["tag"]?.string, tag != "perpetual" { throw Exclusion.dated }
            // Indices have rows too: `in_xbtusd`, `rr_xbtusd`.
            guard let instrument = instruments[symbol] else { throw Exclusion.unlisted }
            return try snapshot(symbol, row, instrument, at: tickers.receivedAt)
        }
        return parsed
    }

    private func snapshot(_ symbol: String, _ row: JSONView, _ instrument: JSONView, at time: Date) throws
        -> FundingSnapshot
    {
        let type = try contractType(instrument)
        try requirePerpetual(row, instrument)
        let mark = try row.price("markPrice")
        let index = try row.nonZero("indexPrice")
        let cap = try instrument.number("maxRelativeFundingRate")
        // The rate in force is fixed for the running hour and paid at its end; the "prediction" is for the hour after.
        let rate = try KrakenRate(
            relative: row.number("relativeFundingRate"), absolute: row.number("fundingRate"), index: index, cap: cap)
        return FundingSnapshot(
            try contract(symbol, row, instrument, type), rate: try rate.fraction(of: type), every: .hourly,
            markPrice: mark, indexPrice: index,
            openInterest: try Self.openInterest(row.number("openInterest"), type, mark: mark),
            rateCap: cap, rateFloor: cap.map { -$0 }, observedAt: time
        )
    }

    /// Linear contracts are counted in units of the base asset, inverse ones in dollars.
    static func openInterest(_ quantity: Double?, _ type: ContractType, mark: Double?) -> OpenInterest? {
        switch type {
        case .linear: .base(quantity, at: mark)
        case .inverse: .dollars(quantity)
        }
    }

    private func contractType(_ instrument: JSONView) throws -> ContractType {
        switch try instrument.text("type") {
        case "flexible_futures", "futures_vanilla": return .linear
        case "futures_inverse": return .inverse
        case "spot index": throw Exclusion.spot
        case let type: throw Rejection("type: no futures that we know: \(type)")
        }
    }

    private func requirePerpetual(_ row: JSONView, _ instrument: JSONView) throws {
        if let end = instrument["lastTradingTime"], !end.isNull { throw Exclusion.dated }
        guard let isTradeable = instrument["tradeable"]?.bool else {
            throw Rejection("tradeable: expected true or false, found \(instrument["tradeable"]?.excerpt ?? "nothing")")
        }
        guard isTradeable else { throw Exclusion.delisted }
        if row["suspended"]?.bool == true { throw Exclusion.suspended }
    }

    private func contract(_ symbol: String, _ row: JSONView, _ instrument: JSONView, _ type: ContractType) throws
        -> Contract
    {
        let (base, quote) = try assets(symbol, row, instrument)
        return profile.contract(
            // Upper and lower case tell contracts apart: `PF_AAPLxUSD`.
            symbol, base: base, quote: quote, settle: type == .inverse ? profile.naming.asset(base).name : quote,
            type: type, market: kind(of: base, instrument), listedAt: try openingDate(instrument),
            tradingURL: "https://futures.kraken.com/trade/futures/\(symbol.percentEncoded)"
        )
    }

    /// Bodies before 2022 have no `base`, and those before the pair no other source than the symbol: `PF_XBTUSD`.
    private func assets(_ symbol: String, _ row: JSONView, _ instrument: JSONView) throws -> (String, String) {
        if let base = instrument["base"]?.string, !base.isEmpty, let quote = instrument["quote"]?.string, !quote.isEmpty
        {
            return (base, quote)
        }
        if let pair = (instrument["pair"] ?? row["pair"])?.string {
            let parts = pair.split(separator: ":").map(String.init)
            if parts.count == 2 { return (parts[0], parts[1]) }
        }
        let name = symbol.drop { $0 != "_" }.dropFirst()
        guard name.hasSuffix("USD"), name.count > 3 else {
            throw Rejection("no base asset can be read from the instrument or the symbol")
        }
        return (String(name.dropLast(3)), "USD")
    }

    private func kind(of base: String, _ instrument: JSONView) -> MarketType {
        if Self.currencies.contains(base) { return .forex }
        return instrument["tradfi"]?.bool == true ? .stock : .crypto
    }

    private static let currencies: Set = ["EUR", "GBP", "AUD", "CAD", "CHF", "JPY", "NZD"]

    private func openingDate(_ instrument: JSONView) throws -> Date? {
        guard let value = instrument["openingDate"], !value.isNull else { return nil }
        guard let date = value.string.flatMap({ Timestamp.parse($0) }) else {
            throw Rejection("openingDate: expected a time, found \(value.excerpt)")
        }
        return date
    }

    var stream: (any ExchangeStream)? { KrakenStream() }
}
