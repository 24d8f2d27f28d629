import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// One exchange, all its feeds that are in use taken together; where none is, all of them.
struct ExchangeSummary: Sendable, JSONWritable {
    var id: ExchangeID
    var name: String
    var kind: String
    /// Whether any of its feeds is in use.
    var isEnabled: Bool
    /// Contracts that are shown, and how many assets they are of.
    var contracts: Int
    var assets: Int
    /// The worst of its feeds'.
    var status: FeedState.Status
    var isStale: Bool
    var observedAt: Date?
    var lastSuccessAt: Date?
    var consecutiveFailures: Int
    var errorKind: String?
    /// How long the worst feed is left alone, if longer than usual.
    var retryAt: Date?
    /// Sorted.
    var intervals: [FundingInterval]
    /// Percent, unweighted.
    var meanAPR: Double?
    var openInterestUSD: Double?
    /// Of the last day's polls, what share was stored at least in part, in percent; nil if there were none.
    var healthScore: Double?

    /// - Parameter polls: of the last day.
    static func all(
        in market: MarketState, _ polls: [FeedID: CycleReader.Tally] = [:], at now: Date
    ) -> [ExchangeSummary] {
        market.exchanges.map { ExchangeSummary($0.id, named: $0.name, in: market, polls, at: now) }
    }

    init(
        _ id: ExchangeID, named name: String, in market: MarketState, _ polls: [FeedID: CycleReader.Tally] = [:],
        at now: Date
    ) {
        let known = market.feeds.values.filter { $0.exchange == id }
        let used = known.filter { !market.switches.isDisabled($0, at: now) }
        let feeds = used.isEmpty ? known : used
        let shown = market.rates(of: id).filter { market.isVisible($0, at: now) }
        let worst = feeds.max { Self.severity($0.status) < Self.severity($1.status) }
        let interests = shown.compactMap(\.openInterestUSD)
        self.id = id
        self.name = name
        kind = feeds.first?.kind ?? ""
        isEnabled = !used.isEmpty
        contracts = shown.count
        assets = Set(shown.map { AssetGroup(of: $0.contract) }).count
        status = worst?.status ?? .waiting
        isStale = feeds.contains { feed in
            guard let observedAt = feed.observedAt else { return true }
            return Freshness(observedAt: observedAt, now: now, staleAfter: market.staleAfter(feed.feed)) != .fresh
        }
        // The exchange is as old as its oldest feed.
        observedAt = feeds.compactMap(\.observedAt).min()
        lastSuccessAt = feeds.compactMap(\.lastSuccessAt).min()
        consecutiveFailures = feeds.map(\.consecutiveFailures).max() ?? 0
        errorKind = worst?.status == .ok ? nil : worst?.errorKind
        retryAt = worst?.status == .ok ? nil : worst?.retryAt
        intervals = Set(shown.map(\.interval)).sorted()
        meanAPR = shown.isEmpty ? nil : shown.reduce(0) { $0 + $1.apr } / Double(shown.count)
        openInterestUSD = interests.isEmpty ? nil : interests.reduce(0, +)
        let tallies = feeds.compactMap { polls[$0.feed] }
        let due = tallies.reduce(0) { $0 + $1.polls }
        let stored = tallies.reduce(0) { $0 + $1.stored }
        healthScore = due == 0 ? nil : (Double(stored) / Double(due) * 10_000).rounded() / 100
    }

    private static func severity(_ status: FeedState.Status) -> Int {
        switch status {
        case .ok: 0
        case .waiting: 1
        case .degraded: 2
        case .rateLimited: 3
        case .failing: 4
        case .circuitOpen: 5
        case .blocked: 6
        }
    }

    static let schema = JSONShape.named(
        JSONShape.Component(
            name: "Exchange",
            schema: [
                "name": .text, "id": .text, "type": .text, "contracts": .count, "assets": .count,
                "status": .words(FeedState.Status.self), "stale": .flag, "enabled": .flag, "intervals": .list(.number),
                "last_success": .timestamp.orNull, "observed_at": .timestamp.orNull, "consecutive_failures": .count,
                "error_kind": .text.orNull, "retry_at": .timestamp.orNull, "health_score": .number.orNull,
                "circuit": .word(["open", "closed"]),
                "avg_apr": .number.orNull, "open_interest": .number.orNull,
            ]))

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("name", name)
        writer.field("id", id.rawValue)
        writer.field("type", kind)
        writer.field("contracts", contracts)
        writer.field("assets", assets)
        writer.field("status", status.rawValue)
        writer.field("stale", isStale)
        writer.field("enabled", isEnabled)
        writer.field("intervals", intervals.map(\.hours))
        writer.field("last_success", lastSuccessAt.map(Timestamp.text))
        writer.field("observed_at", observedAt.map(Timestamp.text))
        writer.field("consecutive_failures", consecutiveFailures)
        writer.field("error_kind", errorKind)
        writer.field("retry_at", retryAt.map(Timestamp.text))
        writer.field("health_score", healthScore)
        writer.field("circuit", status == .circuitOpen ? "open" : "closed")
        writer.field("avg_apr", meanAPR)
        writer.field("open_interest", openInterestUSD)
        writer.endObject()
    }
}
