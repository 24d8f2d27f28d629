import Foundation
import FundingCore
import FundingJSON

/// ApeX Omni: one call has the tickers of everything, perpetuals, shares and bets on outcomes alike; the listing says which
/// is which. Funding is paid every full hour. A contract has two spellings: `BTCUSDT` in tickers and streams, which is the
/// symbol here, `BTC-USDT` in its history.
struct ApeX: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "apex", feed: "apex", name: "ApeX", kind: .dex, host: "https://omni.apex.exchange",
        // Of public requests by an address.
        budget: RequestBudget(600, per: .seconds(60)), isOnByDefault: false
    )

    // https://api-docs.omni.apex.exchange, "GET All Config Data V3"
    let listings = [ExchangeRequest.get("/api/v3/symbols", as: "symbols")]

    /// Not in the documentation; ccxt reads it. Its rows are those of the documented `/ticker`, which answers for one
    /// contract alone.
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/api/v3/data/all-ticker-info", as: "tickers")]
    }

    /// Errors come with HTTP 200 and a code; what is well has none.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        if let code = answer.root["code"]?.decimalInt, code != 0 {
            return code == 10003 ? .rateLimited(retryAfter: nil) : .refused(code: code)
        }
        guard let data = answer.root["data"] else { return .unreadable }
        switch answer.request.name {
        case "symbols":
            return data["contractConfig"]?["perpetualContract"]?.elements.isEmpty == false ? nil : .unreadable
        case "tickers": return data.elements.isEmpty ? .unreadable : nil
        default: return data["historyFunds"]?.kind == .array ? nil : .unreadable
        }
    }

    /// Who goes on after a 429 is banned by a 403.
    func meaning(ofStatus status: Int) -> ExchangeError.Kind? {
        status == 403 ? .banned(retryAfter: nil) : nil
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let listed = try ApeXListing(answers.one("symbols").root)
        let tickers = try answers.one("tickers")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try tickers.root.rows("data"), symbol: { $0["symbol"]?.string }) { row in
            let symbol = try row.text("symbol")
            let listing = try listed.listing(of: symbol)
            return try snapshot(of: row, try contract(symbol, listing), listing.terms, at: tickers.receivedAt)
        }
        return parsed
    }

    private func snapshot(of row: JSONView, _ contract: Contract, _ terms: JSONView, at time: Date) throws
        -> FundingSnapshot
    {
        let mark = try row.price("markPrice")
        let coins = try row.number("openInterest")
        return FundingSnapshot(
            contract,
            // The running estimate of the coming hour; `predictedFundingRate` is the constant interest part alone.
            rate: try row.requiredNumber("fundingRate"), every: .hourly,
            nextFundingTime: try ApeX.nextFundingTime(in: row), markPrice: mark,
            indexPrice: try row.nonZero("indexPrice"),
            openInterest: .base(coins, at: mark),
            rateCap: try terms.number("fundingMaxRate"), rateFloor: try terms.number("fundingMinRate"), observedAt: time
        )
    }

    /// A date with its time; the documentation also shows the time of day alone, which says no more than "hourly" does.
    static func nextFundingTime(in row: JSONView) throws -> Date? {
        guard let text = row["nextFundingTime"]?.string, !text.isEmpty, !isTimeOfDay(text) else { return nil }
        guard let time = Timestamp.parse(text) else {
            throw Rejection("nextFundingTime: expected a time, found \(text)")
        }
        return time
    }

    /// `07:00:00`. A regular expression would cost more than all the rest of the row.
    private static func isTimeOfDay(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 8 else { return false }
        return bytes.indices.allSatisfy { place in
            place % 3 == 2
                ? bytes[place] == UInt8(ascii: ":") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place])
        }
    }

    private func contract(_ symbol: String, _ listing: ApeXListing.Entry) throws -> Contract {
        let terms = listing.terms
        if terms["isPrelaunch"]?.bool == true { throw Exclusion.prelaunch }
        guard let isTraded = terms["enableTrade"]?.bool else { throw Rejection("enableTrade is missing") }
        guard isTraded else { throw Exclusion.delisted }
        let settle = try terms.text("settleAssetId")
        return profile.contract(
            symbol, base: try terms.text("baseTokenId"), quote: settle, settle: settle,
            market: market(of: terms, isShare: listing.list == .stockContract),
            tradingURL: "https://omni.apex.exchange/trade/\(symbol.percentEncoded)", nativeID: try terms.text("symbol")
        )
    }

    /// A perpetual's category is its sector (L1, MEME), a share's what it is. `contractType` is often unknown, whatever
    /// the list.
    private func market(of terms: JSONView, isShare: Bool) -> MarketType {
        switch terms["category"]?.string {
        case "STOCK": .stock
        case "INDEX": .index
        case "COMMODITY": .commodity
        case "FOREX": .forex
        default: isShare ? .unknown : .crypto
        }
    }

    var stream: (any ExchangeStream)? { ApeXStream() }
}

/// ApeX's contracts by the spelling of their tickers.
private struct ApeXListing {
    enum List: String, CaseIterable {
        case perpetualContract, stockContract, predictionContract, prelaunchContract
    }

    struct Entry {
        var list: List
        var terms: JSONView
    }

    private var entries: [String: Entry] = [:]

    init(_ root: JSONView) throws {
        guard let lists = root["data"]?["contractConfig"] else { throw Rejection("contractConfig is missing") }
        for list in List.allCases {
            for terms in lists[list.rawValue]?.elements.map(\.self) ?? [] {
                guard let symbol = terms["crossSymbolName"]?.string, entries[symbol] == nil else { continue }
                entries[symbol] = Entry(list: list, terms: terms)
            }
        }
    }

    /// - Throws: `Exclusion` for what is no perpetual: the bulk call has rows beyond the catalogue.
    func listing(of symbol: String) throws -> Entry {
        guard let entry = entries[symbol] else {
            // `Donald_Trump_win_…USDT`: no coin is written so.
            throw symbol.contains { $0 == "_" || $0.isLowercase } ? Exclusion.prediction : .unlisted
        }
        switch entry.list {
        case .perpetualContract, .stockContract: return entry
        case .predictionContract: throw Exclusion.prediction
        case .prelaunchContract: throw Exclusion.prelaunch
        }
    }
}
