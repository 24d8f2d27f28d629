import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// One live rate with everything that led to what is shown of it.
struct RateExplanation: Sendable {
    let rate: LiveRate
    let feed: FeedState
    let market: MarketState
    /// Ascending.
    let terms: [TermsStore.Entry]
    let now: Date

    init(rate: LiveRate, feed: FeedState, market: MarketState, terms: [TermsStore.Entry], at now: Date) {
        self.rate = rate
        self.feed = feed
        self.market = market
        self.terms = terms
        self.now = now
    }

    private struct Formula {
        var name: String
        var formula: String
        var numbers: String
        var result: Double?
    }

    private var formulas: [Formula] {
        let (raw, hours) = (rate.fundingRate, rate.interval.hours)
        var formulas = [
            Formula(
                name: "hourly_rate", formula: "funding_rate / funding_interval_hours", numbers: "\(raw) / \(hours)",
                result: rate.hourlyRate),
            Formula(
                name: "apr", formula: "funding_rate * 8760 / funding_interval_hours * 100",
                numbers: "\(raw) * 8760 / \(hours) * 100", result: rate.apr),
        ]
        if let mark = rate.markPrice, let index = rate.indexPrice, index != 0 {
            formulas.append(
                Formula(
                    name: "premium", formula: "(mark_price - index_price) / index_price",
                    numbers: "(\(mark) - \(index)) / \(index)", result: (mark - index) / index))
        }
        if let statistics = market.statistics(of: rate), let rates = statistics.rates,
            let deviation = rates.standardDeviation
        {
            formulas.append(
                Formula(
                    name: "z_score", formula: "(funding_rate - mean_30d) / std_dev_30d",
                    numbers: "(\(statistics.fundingRate) - \(rates.mean)) / \(deviation)", result: statistics.zScore))
        }
        return formulas
    }

    private var freshness: Freshness { market.freshness(of: rate, at: now) }

    private var checks: [(name: String, passed: Bool, found: String)] {
        let ledger = terms.last?.change.after
        return [
            ("the contract is listed", rate.isActive, rate.isActive ? "active" : "inactive"),
            ("the rate is fresh", freshness == .fresh, "\(freshness)"),
            ("the feed's polls succeed", feed.status == .ok, feed.status.rawValue),
            (
                "the interval is the ledger's", ledger.map { $0.interval == rate.interval } ?? false,
                ledger.map { "\($0.interval.hours) h in the ledger, \(rate.interval.hours) h with the rate" }
                    ?? "no entry in the ledger"
            ),
            (
                "the rate lies within the exchange's limits", isWithinLimits(ledger),
                "from \(ledger?.rateFloor.map { "\($0)" } ?? "unknown") to \(ledger?.rateCap.map { "\($0)" } ?? "unknown")"
            ),
        ]
    }

    private func isWithinLimits(_ terms: ContractTerms?) -> Bool {
        rate.fundingRate <= terms?.rateCap ?? .infinity && rate.fundingRate >= terms?.rateFloor ?? -.infinity
    }

    func writeMembers(to writer: inout JSONWriter) {
        let contract = rate.contract
        writer.field("exchange", feed.exchangeName)
        writer.field("symbol", contract.symbol)
        writer.field("base_asset", contract.baseAsset)
        writer.field("funding_rate", rate.fundingRate)
        writer.field("funding_rate_kind", feed.rateKind.rawValue)
        writer.field("funding_interval_hours", rate.interval.hours)
        writer.field("period_ended", rate.isOfEndedPeriod(at: now))
        writer.field("observed_at", Timestamp.text(rate.observedAt))
        writer.field("age_seconds", max(0, now.timeIntervalSince(rate.observedAt)))
        writer.field("freshness", "\(freshness)")
        writer.field("stale_after_seconds", market.staleAfter(contract.feed))
        writer.field("next_funding_time", rate.comingFundingTime(at: now).map(Timestamp.text))
        let isStated = rate.nextFundingTime.map { $0 > now } ?? false
        writer.field(
            "next_funding_time_source", rate.isContinuous ? "continuous" : isStated ? "exchange" : "computed")
        writer.list("formulas", formulas) { formula, writer in
            writer.field("name", formula.name)
            writer.field("formula", formula.formula)
            writer.field("numbers", formula.numbers)
            writer.field("result", formula.result)
        }
        writer.list("checks", checks) { check, writer in
            writer.field("check", check.name)
            writer.field("passed", check.passed)
            writer.field("found", check.found)
        }
        writer.list("terms", terms) { $0.writeMembers(to: &$1) }
        writer.key("feed")
        writer.beginObject()
        writer.field("feed", feed.feed.rawValue)
        writer.field("status", feed.status.rawValue)
        writer.field("poll_period_seconds", feed.pollPeriod)
        writer.field("rejects", feed.rejects)
        writer.endObject()
    }
}
