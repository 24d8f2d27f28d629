import FundingCore

/// How rows are sorted. Rows without a value come last in either direction; equal ones by exchange and symbol.
struct RateOrder: Sendable, Equatable {
    enum Key: String, Sendable, CaseIterable {
        case apr
        case fundingRate = "funding_rate"
        case openInterest = "open_interest"
        case symbol
        case exchange
        case zScore = "z_score"
        case baseAsset = "base_asset"
        case fundingIntervalHours = "funding_interval_hours"
    }

    enum Direction: String, Sendable, CaseIterable {
        case asc, desc
    }

    var key = Key.apr
    var direction = Direction.desc

    func sorted(_ rows: [RateRow]) -> [RateRow] {
        switch key {
        case .apr: sorted(rows) { $0.rate.apr }
        case .fundingRate: sorted(rows) { $0.rate.fundingRate }
        case .openInterest: sorted(rows) { $0.rate.openInterestUSD }
        case .symbol: sorted(rows) { $0.rate.contract.symbol }
        case .exchange: sorted(rows) { $0.exchangeName.lowercased() }
        case .zScore: sorted(rows) { $0.statistics?.zScore }
        case .baseAsset: sorted(rows) { $0.rate.contract.baseAsset }
        case .fundingIntervalHours: sorted(rows) { $0.rate.interval.minutes }
        }
    }

    /// Sorts places instead of rows: a row is large, and moving it costs more than comparing two values.
    func sorted<Value: Comparable>(_ rows: [RateRow], by value: (RateRow) -> Value?) -> [RateRow] {
        let values = rows.map(value)
        return rows.indices.sorted { left, right in
            switch (values[left], values[right]) {
            case (nil, nil): Self.isBefore(rows[left], rows[right])
            case (nil, _): false
            case (_, nil): true
            case (let one?, let other?):
                one == other
                    ? Self.isBefore(rows[left], rows[right]) : direction == .asc ? one < other : one > other
            }
        }.map { rows[$0] }
    }

    private static func isBefore(_ one: RateRow, _ other: RateRow) -> Bool {
        (one.exchangeName, one.rate.contract.symbol) < (other.exchangeName, other.rate.contract.symbol)
    }
}
