public import Foundation
public import FundingCore
import PostgresDriver

/// How far a backfill is with one feed.
public struct BackfillProgress: Hashable, Sendable {
    public var feed: FeedID
    public var status: BackfillEvent.Status
    /// When the feed's turn came, and when it was over.
    public var startedAt: Date?
    public var finishedAt: Date?
    public var symbolsTotal: Int
    public var symbolsDone: Int
    /// Of those done, the ones of which at least 95 % of what fell due is there.
    public var symbolsComplete: Int
    public var requests: Int
    public var rowsInserted: Int
    public var rowsUpdated: Int
    /// Settlements that fell due and are not there.
    public var missing: Int
    public var error: String?
    /// When the feed will be done, as far as can be said.
    public var eta: Date?

    public init(
        feed: FeedID, status: BackfillEvent.Status = .pending, startedAt: Date? = nil, finishedAt: Date? = nil,
        symbolsTotal: Int = 0, symbolsDone: Int = 0, symbolsComplete: Int = 0, requests: Int = 0, rowsInserted: Int = 0,
        rowsUpdated: Int = 0, missing: Int = 0, error: String? = nil, eta: Date? = nil
    ) {
        self.feed = feed
        self.status = status
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.symbolsTotal = symbolsTotal
        self.symbolsDone = symbolsDone
        self.symbolsComplete = symbolsComplete
        self.requests = requests
        self.rowsInserted = rowsInserted
        self.rowsUpdated = rowsUpdated
        self.missing = missing
        self.error = error
        self.eta = eta
    }
}

extension BackfillProgress {
    init(row: PostgresRow) throws {
        let status: String = try row.decode("status")
        guard let status = BackfillEvent.Status(rawValue: status) else {
            throw StoreError("a feed's progress has the unknown status \(status)")
        }
        self.init(
            feed: FeedID(rawValue: try row.decode("feed")), status: status, startedAt: try row.decode("started_at"),
            finishedAt: try row.decode("finished_at"), symbolsTotal: try row.decode("symbols_total"),
            symbolsDone: try row.decode("symbols_done"), symbolsComplete: try row.decode("symbols_complete"),
            requests: try row.decode("requests"), rowsInserted: try row.decode("rows_inserted"),
            rowsUpdated: try row.decode("rows_updated"), missing: try row.decode("missing"),
            error: try row.decode("error"), eta: try row.decode("eta")
        )
    }
}
