public import Foundation
public import FundingCore
public import FundingStore

/// Makes readings and polls of one feed for tests; what a test does not care about has a plausible value.
public struct SampleFeed: Sendable {
    public var feed: FeedID
    public var exchange: ExchangeID
    public var exchangeName: String
    /// When the first poll's answers arrive: a whole second, so that nothing is rounded.
    public var start: Date

    public init(
        _ feed: FeedID = "bybit", exchange: ExchangeID = "bybit", name: String = "ByBit",
        start: Date = Date(timeIntervalSince1970: 1_790_000_000)
    ) {
        self.feed = feed
        self.exchange = exchange
        exchangeName = name
        self.start = start
    }

    /// A reading `seconds` after the start.
    public func snapshot(
        _ symbol: String = "BTCUSDT", base: String? = nil, rate: Double = 0.0001,
        every interval: FundingInterval = .eightHours,
        markPrice: Double? = 100_000.5, indexPrice: Double? = 100_000.25, openInterestUSD: Double? = 5e8,
        rateCap: Double? = nil, at seconds: TimeInterval = 0
    ) -> FundingSnapshot {
        FundingSnapshot(
            Contract(
                exchange: exchange, feed: feed, symbol: symbol,
                baseAsset: base ?? symbol.replacing("USDT", with: ""), quoteAsset: "USDT", settleAsset: "USDT",
                listedAt: start.addingTimeInterval(-1e6), tradingURL: "https://example.com/\(symbol)",
                nativeID: "native-\(symbol)"
            ),
            rate: rate, every: interval, nextFundingTime: start.addingTimeInterval(3600), markPrice: markPrice,
            indexPrice: indexPrice,
            openInterest: openInterestUSD.map { OpenInterest(usd: $0, raw: OpenInterest.Quantity($0 / 1e5, .base)) },
            rateCap: rateCap,
            observedAt: start.addingTimeInterval(seconds)
        )
    }

    /// A poll whose answers arrived `seconds` after the start.
    public func poll(
        _ snapshots: [FundingSnapshot], rejects: [SnapshotBatch.Reject] = [], excluded: Int = 0,
        isComplete: Bool = true, partError: (kind: String, detail: String)? = nil, at seconds: TimeInterval = 0
    ) -> SnapshotBatch {
        let observedAt = start.addingTimeInterval(seconds)
        return SnapshotBatch(
            feed: feed, exchange: exchange, exchangeName: exchangeName, batchID: "batch-\(Int(seconds))",
            snapshots: snapshots, rejects: rejects, excluded: excluded, isComplete: isComplete, partError: partError,
            startedAt: observedAt.addingTimeInterval(-0.5), duration: 0.5, observedAt: observedAt
        )
    }
}
