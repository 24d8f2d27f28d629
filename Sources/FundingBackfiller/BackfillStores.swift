import Foundation
import FundingCore
import FundingStore
import Logging
import PostgresDriver

/// Where the backfiller reads and writes.
struct BackfillStores: Sendable {
    var history: HistoryStore
    var jobs: BackfillJobStore
    var locks: BackfillLocks
    var heartbeats: HeartbeatStore
    var announcer: SettlementAnnouncer

    private static let pause = Duration.seconds(1)
    /// Longer than any restart; whoever waits longer has a task for a person.
    private static let patience = Duration.seconds(1800)

    /// Does what may be done twice without harm, again and again while Postgres is away.
    func patiently<Result: Sendable>(
        _ logger: Logger, _ body: @Sendable (BackfillStores) async throws -> Result
    ) async throws -> Result {
        let clock = ContinuousClock()
        let started = clock.now
        var said = false
        while true {
            do {
                let result = try await body(self)
                if said { logger.notice("database answers again") }
                return result
            } catch let error as PostgresError where error.isTransient {
                try Task.checkCancellation()
                guard clock.now - started < Self.patience else { throw error }
                let reason = error.kind == .poolTimeout ? "all connections are busy" : "waiting for the database"
                if !said { logger.warning("\(reason)", metadata: ["error": "\(error)"]) }
                said = true
                try await clock.sleep(for: Self.pause)
            }
        }
    }
}
