import FundingStore
import PostgresDriver

/// Where the scanner reads and writes what concerns spreads.
struct SpreadStores: Sendable {
    var opportunities: OpportunityStore
    var history: SpreadHistoryStore
    var facts: SpreadFactsStore

    init(_ pool: PostgresPool) {
        opportunities = OpportunityStore(pool)
        history = SpreadHistoryStore(pool)
        facts = SpreadFactsStore(pool)
    }

    /// To be run once on every new connection of the pool.
    static func prepare(_ connection: PostgresConnection) async throws {
        try await OpportunityStore.prepare(connection)
        try await SpreadHistoryStore.prepare(connection)
    }
}
