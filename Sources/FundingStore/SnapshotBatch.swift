public import Foundation
public import FundingCore
package import PostgresDriver

/// What one successful poll of one feed has to store, or what its stream has said within a second.
public struct SnapshotBatch: Sendable {
    public enum Source: Sendable {
        /// Tells of every contract of the feed: one that is missing may have been delisted.
        case poll
        /// Tells of its own contracts only.
        case stream
    }

    public struct Reject: Hashable, Sendable {
        public var symbol: String
        public var reason: String

        public init(symbol: String, reason: String) {
            self.symbol = symbol
            self.reason = reason
        }
    }

    public var source = Source.poll
    /// Symbols whose rate is worth a point of its path.
    public var path: Set<String> = []
    public var feed: FeedID
    public var exchange: ExchangeID
    public var exchangeName: String
    /// Polls of the same tick of the clock share it.
    public var batchID: String
    public var snapshots: [FundingSnapshot]
    public var rejects: [Reject]
    /// Rows left out on purpose.
    public var excluded: Int
    /// All parts of the feed answered: a contract that is not in `snapshots` is not listed.
    public var isComplete: Bool
    /// The error of a part that failed without failing the poll.
    public var partError: (kind: String, detail: String)?
    public var startedAt: Date
    public var duration: TimeInterval
    public var observedAt: Date

    public init(
        feed: FeedID, exchange: ExchangeID, exchangeName: String, batchID: String, snapshots: [FundingSnapshot],
        rejects: [Reject], excluded: Int, isComplete: Bool, partError: (kind: String, detail: String)?,
        startedAt: Date, duration: TimeInterval, observedAt: Date
    ) {
        self.feed = feed
        self.exchange = exchange
        self.exchangeName = exchangeName
        self.batchID = batchID
        self.snapshots = snapshots
        self.rejects = rejects
        self.excluded = excluded
        self.isComplete = isComplete
        self.partError = partError
        self.startedAt = startedAt
        self.duration = duration
        self.observedAt = observedAt
    }

    /// The rows for `COPY poll_rows`, in the order of its columns.
    package func copyRows() -> PostgresCopyRows {
        var rows = PostgresCopyRows(columns: 25, reservingRows: snapshots.count)
        for snapshot in snapshots {
            let contract = snapshot.contract
            rows.startRow()
            rows.append(contract.symbol)
            rows.append(contract.baseAsset)
            rows.append(contract.quoteAsset)
            rows.append(contract.settleAsset)
            rows.append(contract.denomination)
            rows.append(contract.contractType.rawValue)
            rows.append(contract.marketType.rawValue)
            rows.append(snapshot.isContinuous)
            rows.append(contract.listedAt)
            rows.append(contract.tradingURL)
            rows.append(snapshot.fundingRate)
            rows.append(snapshot.interval.hours)
            rows.append(snapshot.apr)
            rows.append(snapshot.nextFundingTime)
            rows.append(snapshot.markPrice)
            rows.append(snapshot.indexPrice)
            rows.append(snapshot.openInterest?.usd)
            rows.append(snapshot.openInterest?.raw?.amount)
            rows.append(snapshot.openInterest?.raw?.unit.rawValue)
            rows.append(snapshot.rateCap)
            rows.append(snapshot.rateFloor)
            rows.append(snapshot.observedAt)
            rows.append(contract.feed.rawValue)
            rows.append(contract.nativeID)
            rows.append(path.contains(contract.symbol))
        }
        return rows
    }
}
