import Foundation
import FundingCore
import FundingJSON

/// Drift, which since its relaunch of July 2026 trades as Velocity: one call answers for all markets, funding is paid
/// hourly. There is no stream: its WebSocket server pushes order books and trades only.
///
/// The old host (`https://data.api.drift.trade`) speaks the same dialect and stands still since the halt of 2026-04-01;
/// what stands still is left out, see `snapshot`.
struct Drift: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "drift", feed: "drift", name: "Drift", kind: .dex, host: "https://data.velocity.exchange",
        // Nothing is published for the data API.
        budget: RequestBudget(50, per: .seconds(10)),
        // The first crank after the hour settles, normally after a minute: recorded at hh:00:59 to hh:01:01.
        publicationDelay: 120, naming: AssetNaming(letterPrefixes: true)
    )

    let listings: [ExchangeRequest] = []

    // velocity-exchange/velocity-docs; the docs print a bare array with numbers, an envelope with texts is served.
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        [.get("/stats/markets", as: "markets")]
    }

    /// How an error looks in a body is not documented; an envelope that says so holds none of its data.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        answer.root["success"]?.bool == false ? .unreadable : nil
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let markets = try answers.one("markets")
        var parsed = Parsed<FundingSnapshot>()
        parsed.read(try markets.root.rows("markets"), symbol: { $0["symbol"]?.string }) { row in
            try snapshot(row, at: markets.receivedAt)
        }
        return parsed
    }

    /// A market is settled every hour. If no one does it within the hour's first twenty minutes, it waits for the next
    /// hour; what was not settled for longer than that shows a rate of the past.
    private static let longestWithoutSettlement: TimeInterval = 2.5 * 3600

    private func snapshot(_ row: JSONView, at time: Date) throws -> FundingSnapshot {
        let contract = try contract(row)
        let updated = try row.requiredEpochSeconds("fundingRateUpdateTs")
        guard time.timeIntervalSince(updated) <= Self.longestWithoutSettlement else { throw Exclusion.suspended }
        // Percent an hour as the long side's profit, so what longs pay is below zero. The short side's may differ, when
        // the market maker of the protocol would lose: a rate is what longs pay.
        guard let profit = try row["fundingRate"]?.number("long") else {
            throw Rejection("fundingRate.long is missing")
        }
        let mark = try row.price("markPrice")
        return FundingSnapshot(
            contract, rate: (0 - profit) / 100, every: .hourly,
            markPrice: mark, indexPrice: try row.nonZero("oraclePrice"),
            openInterest: contract.openInterest(try openInterest(row), at: mark), observedAt: time
        )
    }

    /// In base units, shorts below zero. The sides differ, because the protocol's market maker takes the rest: the larger
    /// is the open interest of one side.
    private func openInterest(_ row: JSONView) throws -> Double? {
        guard let sides = row["openInterest"], let long = try sides.number("long"),
            let short = try sides.number("short")
        else { return nil }
        return max(abs(long), abs(short))
    }

    // MARK: - Which markets

    private func contract(_ row: JSONView) throws -> Contract {
        let symbol = try row.text("symbol")
        // Spot markets are numbered by themselves, so only the type tells; most of their numbers are "".
        switch row["marketType"]?.string {
        case "perp": break
        case "spot": throw Exclusion.spot
        default: throw Rejection("neither perp nor spot: \(row["marketType"]?.excerpt ?? "no marketType")")
        }
        if symbol.hasSuffix("-BET") || symbol.hasSuffix("-PREDICT") { throw Exclusion.prediction }
        try confirmTrading(row)
        guard symbol.hasSuffix(Self.ending), symbol != Self.ending else {
            throw Rejection("symbol: expected a base asset and \(Self.ending), found \(symbol)")
        }
        let quote = try row.text("quoteAsset")
        return profile.contract(
            // The multiplier stands in the symbol.
            symbol, base: String(symbol.dropLast(Self.ending.count)), quote: quote, settle: quote, market: .crypto,
            tradingURL: "https://app.velocity.exchange/trade/\(symbol.percentEncoded)"
        )
    }

    private static let ending = "-PERP"

    // https://drift-labs.github.io/protocol-v2/sdk/classes/MarketStatus.html
    private func confirmTrading(_ row: JSONView) throws {
        switch try row.text("status") {
        case "active": break
        case "initialized": throw Exclusion.prelaunch
        case "settlement", "delisted": throw Exclusion.delisted
        default: throw Exclusion.suspended
        }
        // Absent on the old host.
        if row["uiStatus"]?.isString("hidden") == true { throw Exclusion.unlisted }
    }
}
