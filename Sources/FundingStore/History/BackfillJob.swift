public import Foundation
public import FundingCore
import PostgresDriver

/// What a backfill is to do.
public struct BackfillRequest: Hashable, Sendable {
    public var requestedBy: String
    /// How far back, unless `window` is given.
    public var days: Int
    public var window: ClosedRange<Date>?
    /// All if nil.
    public var exchanges: [ExchangeID]?
    /// All if nil.
    public var symbols: [String]?
    public var gapsOnly: Bool
    /// Ask for what is stored too.
    public var rereads: Bool
    /// All exchanges side by side, or one after the other.
    public var isParallel: Bool

    public init(
        requestedBy: String, days: Int, window: ClosedRange<Date>? = nil, exchanges: [ExchangeID]? = nil,
        symbols: [String]? = nil, gapsOnly: Bool = false, rereads: Bool = false, isParallel: Bool = true
    ) {
        self.requestedBy = requestedBy
        self.days = days
        self.window = window
        self.exchanges = exchanges
        self.symbols = symbols
        self.gapsOnly = gapsOnly
        self.rereads = rereads
        self.isParallel = isParallel
    }
}

extension BackfillRequest {
    public var scope: BackfillScope { rereads ? .everything : gapsOnly ? .gaps : .missing }
}

/// A backfill that a worker has in hand.
public struct BackfillJob: Hashable, Sendable {
    public enum Status: String, Sendable {
        case queued, running, done
        /// Something is missing that its exchange may have.
        case partial
        case failed, cancelled
    }

    public var id: Int
    public var requestedAt: Date
    public var request: BackfillRequest
    /// 1, or more if workers before this one died.
    public var attempt: Int
}

extension BackfillJob {
    static let columns: PostgresQuery = """
        id, requested_at, requested_by, days, window_from, window_to, exchanges, symbols, gaps_only, rereads, parallel,
        attempts
        """

    init(row: PostgresRow) throws {
        let (from, to): (Date?, Date?) = (try row.decode("window_from"), try row.decode("window_to"))
        let exchanges: [String]? = try row.decode("exchanges")
        self.init(
            id: try row.decode("id"), requestedAt: try row.decode("requested_at"),
            request: BackfillRequest(
                requestedBy: try row.decode("requested_by"), days: try row.decode("days"),
                window: from.flatMap { from in to.map { from...$0 } },
                exchanges: exchanges?.map(ExchangeID.init(rawValue:)), symbols: try row.decode("symbols"),
                gapsOnly: try row.decode("gaps_only"), rereads: try row.decode("rereads"),
                isParallel: try row.decode("parallel")
            ),
            attempt: try row.decode("attempts")
        )
    }
}
