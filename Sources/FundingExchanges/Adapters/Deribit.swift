import Foundation
import FundingCore
import FundingJSON

/// Deribit: funding accrues every millisecond, so there is no next funding time. Book summaries come by currency, and the
/// instrument list says which currencies have a perpetual.
struct Deribit: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "deribit", feed: "deribit", name: "Deribit", kind: .cex, host: "https://www.deribit.com",
        // Not documented for callers without a login; the sheet advises to stay below 5 a second.
        budget: RequestBudget(50, per: .seconds(10)),
        // get_instruments is limited to one request a second, sustained.
        ownBudgets: ["instruments": RequestBudget(10, per: .seconds(10))]
    )

    var stream: (any ExchangeStream)? { DeribitStream(adapter: self) }

    // https://docs.deribit.com/#public-get_instruments
    let listings = [
        ExchangeRequest.get(
            "/api/v2/public/get_instruments", ["currency": "any", "kind": "future", "expired": "false"],
            as: "instruments", ownBudget: "instruments"
        )
    ]

    // https://docs.deribit.com/#public-get_book_summary_by_currency
    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        let perpetuals = listings["instruments"].last?.root["result"]?.elements.filter(isPerpetual) ?? []
        // Summaries are filed under the currency a contract settles in.
        let currencies = Set(perpetuals.compactMap { $0["settlement_currency"]?.string })
        return currencies.sorted().map {
            .get(
                "/api/v2/public/get_book_summary_by_currency", ["currency": $0, "kind": "future"],
                as: "book-summary", key: $0, need: .part
            )
        }
    }

    /// `{"error":{"code":10028,"message":"too_many_requests","data":{"wait":1}}}`, with status 200, 400 or 429.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        guard let error = answer.root["error"] else { return nil }
        guard let code = error["code"]?.int else { return .unreadable }
        guard code == 10028 else { return .refused(code: code) }
        return .rateLimited(
            retryAfter: error["data"]?["wait"]?.double.flatMap { ExchangeError.Kind.statedPause(seconds: $0) }
        )
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let instruments = Dictionary(
            try answers.one("instruments").root.rows("result").compactMap { row in
                row["instrument_name"]?.string.map { ($0, row) }
            }
        ) { $1 }
        var parsed = Parsed<FundingSnapshot>()
        for summary in answers["book-summary"] {
            parsed.part(summary) { parsed in
                parsed.read(try summary.root.rows("result"), symbol: { $0["instrument_name"]?.string }) { row in
                    let name = try row.text("instrument_name")
                    guard let instrument = instruments[name] else { throw Exclusion.unlisted }
                    guard isPerpetual(instrument) else { throw Exclusion.dated }
                    guard instrument["is_active"]?.bool != false else { throw Exclusion.delisted }
                    return try snapshot(row, instrument, at: summary.receivedAt)
                }
            }
        }
        return parsed
    }

    /// The name does not tell: `BTC-FS-30SEP22_PERP` is a combination of two contracts.
    private func isPerpetual(_ instrument: JSONView) -> Bool {
        instrument["settlement_period"]?.isString("perpetual") == true && instrument["kind"]?.isString("future") == true
    }

    private func snapshot(_ row: JSONView, _ instrument: JSONView, at time: Date) throws -> FundingSnapshot {
        let symbol = try row.text("instrument_name")
        let isInverse = try isInverse(instrument)
        let mark = try row.price("mark_price")
        let amount = try row.number("open_interest")
        let contract = profile.contract(
            symbol, base: try instrument.text("base_currency"), quote: try instrument.text("quote_currency"),
            settle: try instrument.text("settlement_currency"), type: isInverse ? .inverse : .linear, market: .crypto,
            listedAt: try instrument.milliseconds("creation_timestamp"),
            tradingURL: "https://www.deribit.com/futures/\(symbol.percentEncoded)"
        )
        return FundingSnapshot(
            contract,
            // The average over the last eight hours, as an exchange that settles every eight hours would show it;
            // `current_funding` is momentary and often exactly 0.
            rate: try row.requiredNumber("funding_8h"), every: .eightHours, isContinuous: true, markPrice: mark,
            // Equals the index price on perpetuals.
            indexPrice: try row.nonZero("estimated_delivery_price"),
            openInterest: openInterest(amount, mark, contract), observedAt: time
        )
    }

    /// Inverse contracts count dollars, linear ones coins; a price in euros gives no dollars.
    func openInterest(_ amount: Double?, _ mark: Double?, _ contract: Contract) -> OpenInterest? {
        contract.contractType == .inverse && contract.isPricedInDollars
            ? .dollars(amount) : contract.openInterest(amount, at: mark)
    }

    /// `instrument_type` replaced `future_type`.
    private func isInverse(_ instrument: JSONView) throws -> Bool {
        let type = instrument["instrument_type"]?.string ?? instrument["future_type"]?.string
        switch type {
        case "reversed": return true
        case "linear": return false
        default: throw Rejection("neither reversed nor linear: \(type ?? "no instrument_type")")
        }
    }
}
