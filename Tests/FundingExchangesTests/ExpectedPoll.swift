import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// What a poll should bring, in the shape of a dry run's lines: `{"rows": […], "rejects": […], "excluded": {…}}`.
struct ExpectedPoll {
    typealias Row = [String: Field]

    enum Field: Equatable, CustomStringConvertible {
        case none
        case text(String)
        case number(Double)

        init(_ value: JSONView) {
            self = value.string.map(Field.text) ?? value.double.map(Field.number) ?? .none
        }

        init(_ number: Double?) { self = number.map(Field.number) ?? .none }

        var description: String {
            switch self {
            case .none: "null"
            case .text(let text): text
            case .number(let number): "\(number)"
            }
        }
    }

    var rows: [Row]
    var rejects: Set<Reject>
    var excluded: [String: Int]

    init(_ root: JSONView) throws {
        rows = try #require(root["rows"]).elements.map { row in
            Dictionary(row.members.map { ($0.key, Field($0.value)) }) { $1 }
        }
        rejects = Set(
            try #require(root["rejects"]).elements.map {
                Reject(symbol: $0["symbol"]?.string ?? "", reason: $0["reason"]?.string ?? "")
            }
        )
        excluded = Dictionary(try #require(root["excluded"]).members.map { ($0.key, $0.value.int ?? -1) }) { $1 }
    }

    /// Records an issue for everything in which `poll` differs.
    func expect(_ poll: FeedPoll, _ location: SourceLocation = #_sourceLocation) {
        #expect(
            poll.snapshots.map(\.contract.symbol) == rows.map { "\($0["symbol"] ?? .none)" }, sourceLocation: location)
        for (snapshot, expected) in zip(poll.snapshots, rows) {
            let row = Self.row(of: snapshot)
            for (name, field) in row.merging(expected, uniquingKeysWith: { old, _ in old }) {
                #expect(
                    field == expected[name], "\(snapshot.contract.symbol): \(name) \(field)", sourceLocation: location
                )
            }
        }
        #expect(Set(poll.rejects) == rejects, sourceLocation: location)
        let counts = Dictionary(poll.excluded.map { ($0.key.rawValue, $0.value) }) { $1 }
        #expect(counts == excluded, sourceLocation: location)
    }

    static func row(of snapshot: FundingSnapshot) -> Row {
        let contract = snapshot.contract
        return [
            "exchange": .text(contract.exchange.rawValue), "feed": .text(contract.feed.rawValue),
            "symbol": .text(contract.symbol), "base_asset": .text(contract.baseAsset),
            "quote_asset": .text(contract.quoteAsset), "settle_asset": .text(contract.settleAsset),
            "denomination": Field(contract.denomination), "contract_type": .text(contract.contractType.rawValue),
            "market_type": .text(contract.marketType.rawValue), "funding_rate": Field(snapshot.fundingRate),
            "funding_interval_hours": Field(snapshot.interval.hours),
            "next_funding_time": snapshot.nextFundingTime.map { .text(Timestamp.text($0)) } ?? .none,
            "apr": Field(snapshot.apr), "mark_price": Field(snapshot.markPrice),
            "index_price": Field(snapshot.indexPrice), "open_interest_usd": Field(snapshot.openInterest?.usd),
            "open_interest_raw": Field(snapshot.openInterest?.raw?.amount),
            "open_interest_unit": (snapshot.openInterest?.raw?.unit.rawValue).map(Field.text) ?? .none,
            "observed_at": .text(Timestamp.text(snapshot.observedAt)),
        ]
    }
}
