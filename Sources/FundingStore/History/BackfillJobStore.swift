public import Foundation
import FundingCore
public import PostgresDriver

/// The jobs in `backfill_jobs`: who works on which, how far it is, what came of it.
public struct BackfillJobStore: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Takes up the oldest job that waits, or whose worker has died. Its lock is held until `finish`.
    /// - Parameter worker: names this process.
    public func claim(worker: String, locks: BackfillLocks) async throws -> BackfillJob? {
        let open = try await pool.query(
            "SELECT id FROM backfill_jobs WHERE status IN ('queued', 'running') ORDER BY id"
        )
        for row in open {
            let id: Int = try row.decode("id")
            guard try await locks.take(job: id) else { continue }
            if let job = try await begin(id, worker) { return job }
            try await locks.giveBack(job: id)
        }
        return nil
    }

    /// A job that this process asks for and works on itself. No other can take it up before.
    public func begin(_ request: BackfillRequest, worker: String, locks: BackfillLocks) async throws -> BackfillJob {
        try await pool.withTransaction { connection in
            let row = try await connection.query(
                """
                INSERT INTO backfill_jobs (
                       requested_by, days, window_from, window_to, exchanges, symbols, gaps_only, rereads, parallel,
                       status, worker, attempts, started_at)
                VALUES (\(request.requestedBy), \(request.days), \(request.window?.lowerBound),
                        \(request.window?.upperBound), \(request.exchanges?.map(\.rawValue)), \(request.symbols),
                        \(request.gapsOnly), \(request.rereads), \(request.isParallel), 'running', \(worker), 1,
                        now())
                RETURNING \(BackfillJob.columns)
                """
            )[0]
            let job = try BackfillJob(row: row)
            guard try await locks.take(job: job.id) else { throw StoreError("the new job \(job.id) is taken") }
            return job
        }
    }

    /// Nil if the job has ended meanwhile, or ends now because its cancelling was left over.
    private func begin(_ id: Int, _ worker: String) async throws -> BackfillJob? {
        try await pool.withTransaction(retries: 2) { connection in
            try await connection.query(
                """
                UPDATE backfill_jobs
                   SET status = 'cancelled', finished_at = now(), account = 'cancelled while nobody worked on it'
                 WHERE id = \(id) AND status IN ('queued', 'running') AND cancel_requested_at IS NOT NULL
                """
            )
            return try await connection.query(
                """
                UPDATE backfill_jobs
                   SET status = 'running', worker = \(worker), attempts = attempts + 1,
                       started_at = coalesce(started_at, now())
                 WHERE id = \(id) AND status IN ('queued', 'running')
                RETURNING \(BackfillJob.columns)
                """
            ).first.map(BackfillJob.init(row:))
        }
    }

    /// Whether somebody wants the job ended: to be asked every few seconds.
    public func isCancelled(_ job: BackfillJob) async throws -> Bool {
        try await !pool.query(
            "SELECT FROM backfill_jobs WHERE id = \(job.id) AND cancel_requested_at IS NOT NULL"
        ).isEmpty
    }

    /// Tells how far a job is with some feeds.
    public func record(_ progress: [BackfillProgress], of job: BackfillJob) async throws {
        guard !progress.isEmpty else { return }
        try await pool.query(
            """
            INSERT INTO backfill_progress AS p (
                   job_id, feed, status, started_at, finished_at, symbols_total, symbols_done, symbols_complete,
                   requests, rows_inserted, rows_updated, missing, error, eta, updated_at)
            SELECT \(Int32(job.id)), feed, status, started, finished, total, done, complete, requests, inserted,
                   updated, missing, error, eta, now()
              FROM unnest(\(progress.map(\.feed.rawValue)), \(progress.map(\.status.rawValue)),
                          \(progress.map(\.startedAt)), \(progress.map(\.finishedAt)),
                          \(progress.map { Int32($0.symbolsTotal) }), \(progress.map { Int32($0.symbolsDone) }),
                          \(progress.map { Int32($0.symbolsComplete) }), \(progress.map { Int32($0.requests) }),
                          \(progress.map(\.rowsInserted)), \(progress.map(\.rowsUpdated)),
                          \(progress.map(\.missing)), \(progress.map(\.error)), \(progress.map(\.eta)))
                   AS f (feed, status, started, finished, total, done, complete, requests, inserted, updated, missing, error, eta)
             ORDER BY feed
            ON CONFLICT (job_id, feed) DO UPDATE
               SET status = excluded.status, started_at = excluded.started_at, finished_at = excluded.finished_at,
                   symbols_total = excluded.symbols_total, symbols_done = excluded.symbols_done,
                   symbols_complete = excluded.symbols_complete,
                   requests = excluded.requests, rows_inserted = excluded.rows_inserted,
                   rows_updated = excluded.rows_updated, missing = excluded.missing, error = excluded.error,
                   eta = excluded.eta, updated_at = excluded.updated_at
            """
        )
    }

    /// What was last told of a job, in the order of feeds.
    public func progress(of id: Int) async throws -> [BackfillProgress] {
        try await pool.query("SELECT * FROM backfill_progress WHERE job_id = \(id) ORDER BY feed").map(
            BackfillProgress.init(row:))
    }

    /// Ends a job and gives its lock back. Nothing is written if another worker has taken the job up since.
    /// - Parameter account: what is missing and why, for people.
    public func finish(
        _ job: BackfillJob, _ status: BackfillJob.Status, account: String, locks: BackfillLocks
    ) async throws {
        try await pool.query(
            """
            UPDATE backfill_jobs SET status = \(status.rawValue), account = \(account), finished_at = now()
             WHERE id = \(job.id) AND attempts = \(job.attempt) AND status = 'running'
            """
        )
        try await locks.giveBack(job: job.id)
    }

    /// Leaves a job to whoever takes it up next, as when this process is told to end.
    public func release(_ job: BackfillJob, locks: BackfillLocks) async throws {
        try await pool.query(
            """
            UPDATE backfill_jobs SET status = 'queued', worker = NULL
             WHERE id = \(job.id) AND attempts = \(job.attempt) AND status = 'running'
            """
        )
        try await locks.giveBack(job: job.id)
    }

    /// The oldest time that a job which is remembered was asked for, by whoever but the backfiller itself; nil if none was.
    /// - Parameter days: how long one that nobody works on counts.
    public func oldestAsked(openFor days: Int) async throws -> Date? {
        try await pool.query(
            """
            SELECT min(coalesce(window_from, requested_at - make_interval(days => days))) AS oldest
              FROM backfill_jobs
             WHERE requested_by <> \(BackfillDesk.sweeper)
               AND (finished_at IS NOT NULL OR requested_at > now() - make_interval(days => \(days)::integer))
            """
        )[0].decode("oldest")
    }

    /// Forgets jobs that ended long ago, with their progress.
    public func prune(olderThan days: Int) async throws {
        try await pool.query(
            "DELETE FROM backfill_jobs WHERE finished_at < now() - make_interval(days => \(days)::integer)"
        )
    }
}
