public import Foundation
public import FundingCore
public import PostgresDriver

/// Where backfills are asked for and looked at, by those who do not work on them.
public struct BackfillDesk: Sendable {
    /// A job and how far it is.
    public struct Account: Sendable {
        /// One feed's part.
        public struct Part: Sendable {
            public var exchange: ExchangeID
            public var exchangeName: String
            public var progress: BackfillProgress
        }

        public var id: Int
        public var requestedBy: String
        public var status: BackfillJob.Status
        public var startedAt: Date?
        public var finishedAt: Date?
        public var isCancelling: Bool
        /// What is missing and why, once it has ended.
        public var account: String?
        /// In the order of feeds.
        public var parts: [Part]

        public init(
            id: Int, requestedBy: String, status: BackfillJob.Status, startedAt: Date?, finishedAt: Date?,
            isCancelling: Bool, account: String?, parts: [Part]
        ) {
            self.id = id
            self.requestedBy = requestedBy
            self.status = status
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.isCancelling = isCancelling
            self.account = account
            self.parts = parts
        }

        public var isOpen: Bool { status == .queued || status == .running }
    }

    /// Asking was refused.
    public enum Refusal: Error, Sendable, Equatable {
        /// What was asked for makes no sense, in a sentence.
        case invalid(String)
        /// Too many jobs are waiting.
        case full
        /// A job that somebody asked for has not ended.
        case busy(job: Int)
    }

    /// What the backfiller's own sweeps are asked for by; they are in nobody's way.
    public static let sweeper = "hourly"

    private enum State {
        static let invalidParameter = "22023"
        static let limitExceeded = "53400"
        static let inUse = "55006"
    }

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Asks for a backfill, unless one that somebody asked for has not ended: of any number who ask at the same instant,
    /// one gets a job.
    /// - Returns: the job's number.
    /// - Throws: `Refusal`.
    public func request(_ wanted: BackfillRequest) async throws -> Int {
        do throws(PostgresError) {
            return try await pool.query(
                """
                SELECT request_backfill(
                       \(wanted.requestedBy), \(Int32(wanted.days)), \(wanted.exchanges?.map(\.rawValue))::text[],
                       \(wanted.symbols)::text[], \(wanted.gapsOnly), parallel => \(wanted.isParallel),
                       alone => true) AS id
                """
            )[0].decode("id")
        } catch {
            switch error.sqlState {
            case State.invalidParameter: throw Refusal.invalid(error.message)
            case State.limitExceeded: throw Refusal.full
            case State.inUse: throw Refusal.busy(job: error.detail.flatMap { Int($0) } ?? 0)
            default: throw error
            }
        }
    }

    /// Asks for a job's end.
    /// - Returns: its status now; nil if there is no such job.
    public func cancel(_ id: Int, by name: String) async throws -> BackfillJob.Status? {
        let status: String? = try await pool.query("SELECT cancel_backfill(\(Int32(id)), \(name)) AS status")[0]
            .decode("status")
        return try status.map(Self.status)
    }

    private static func status(_ word: String) throws -> BackfillJob.Status {
        guard let status = BackfillJob.Status(rawValue: word) else {
            throw StoreError("backfill_jobs holds the unknown status \(word)")
        }
        return status
    }

    /// The job that matters now: one that somebody asked for and that has not ended, else a sweep that is under way,
    /// else the latest that has ended. Nil if there has never been any.
    public func current() async throws -> Account? {
        try await account(
            """
            ORDER BY (status IN ('queued', 'running') AND requested_by <> \(Self.sweeper)) DESC,
                      status IN ('queued', 'running') DESC, id DESC
            LIMIT 1
            """)
    }

    /// One job.
    public func job(_ id: Int) async throws -> Account? { try await account("WHERE id = \(Int32(id))") }

    private func account(_ choice: PostgresQuery) async throws -> Account? {
        try await pool.withConnection { connection in
            let rows = try await connection.query(
                """
                SELECT id, requested_by, status, started_at, finished_at,
                       cancel_requested_at IS NOT NULL AS is_cancelling, account
                  FROM backfill_jobs
                \(choice)
                """
            )
            guard let row = rows.first else { return nil }
            let id: Int = try row.decode("id")
            return Account(
                id: id, requestedBy: try row.decode("requested_by"),
                status: try Self.status(try row.decode("status")),
                startedAt: try row.decode("started_at"), finishedAt: try row.decode("finished_at"),
                isCancelling: try row.decode("is_cancelling"), account: try row.decode("account"),
                parts: try await Self.parts(of: id, connection))
        }
    }

    private static func parts(of id: Int, _ connection: PostgresConnection) async throws -> [Account.Part] {
        try await connection.query(
            """
            SELECT p.*, coalesce(h.exchange, p.feed) AS exchange, coalesce(h.exchange_name, p.feed) AS exchange_name
              FROM backfill_progress p
              LEFT JOIN exchange_health h ON h.feed = p.feed
             WHERE p.job_id = \(Int32(id))
             ORDER BY p.feed
            """
        ).map { row in
            Account.Part(
                exchange: ExchangeID(rawValue: try row.decode("exchange")),
                exchangeName: try row.decode("exchange_name"), progress: try BackfillProgress(row: row))
        }
    }
}
