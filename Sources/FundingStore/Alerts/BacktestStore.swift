public import Foundation
public import FundingCore
public import PostgresDriver

/// Reads the past for backtests of alert rules.
public struct BacktestStore: Sendable {
    /// Contracts whose payments are read at a time: of some assets, all contracts of each.
    private static let portion = 200
    /// What is compared with the 30 days before it.
    private static let before = SlidingStatistics.span

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Feeds a backtest with everything that its rule may look at.
    public func feed(_ backtest: inout AlertBacktest, _ rule: AlertRule, during window: ClosedRange<Date>) async throws
    {
        if rule.kind == .termsChange {
            backtest.add(try await TermsStore(pool).changes(since: window.lowerBound))
            return
        }
        let assets = Set(rule.scope.assets)
        let contracts = try await HistoryStore(pool).contracts(feeds: nil, symbols: nil)
            .filter { assets.isEmpty || assets.contains($0.contract.baseAsset) }
        let prices = Dictionary(
            try await LiveRateStore(pool).load().rates.map { ($0.id, $0.unitPriceUSD) }
        ) { first, _ in first }
        let read = window.lowerBound.addingTimeInterval(-Self.before)...window.upperBound
        for group in Self.portions(contracts) {
            let points = try await HistoryStore(pool).points(of: group.map(\.id), during: read)
            backtest.add(
                group.map { contract in
                    BacktestContract(
                        contract: contract.contract, points: points[contract.id] ?? [], ledger: contract.ledger,
                        unitPrice: prices[contract.id] ?? nil, isActive: contract.isActive)
                })
        }
    }

    /// Whole assets together.
    private static func portions(_ contracts: [HistoryContract]) -> [[HistoryContract]] {
        Dictionary(grouping: contracts, by: \.contract.baseAsset).values.reduce(into: []) { portions, asset in
            if let last = portions.last, last.count + asset.count <= portion {
                portions[portions.count - 1] += asset
            } else {
                portions.append(asset)
            }
        }
    }
}
