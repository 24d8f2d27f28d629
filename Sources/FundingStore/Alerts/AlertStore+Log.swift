import Foundation
public import FundingCore
import PostgresDriver

/// What was decided, with what became of the message that tells of it.
public struct AlertLogEntry: Sendable {
    /// Grows with each decision.
    public var id: Int
    public var decision: AlertDecision
    /// The key of the message that tells of it; nil if none does.
    public var message: String?
    /// To each channel, by its name.
    public var deliveries: [AlertDeliveryEntry]
}

extension AlertStore {
    /// What was decided, newest first, with its deliveries.
    /// - Parameters:
    ///   - rule: only this one's; all if nil.
    ///   - includingSuppressed: also what was decided and not told.
    ///   - id: only what lies before it; everything if nil.
    public func entries(
        rule: String?, includingSuppressed: Bool, before id: Int?, limit: Int
    ) async throws -> [AlertLogEntry] {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let events = try await connection.query(
                """
                SELECT e.id, \(AlertDecision.columns) FROM alert_events e
                 WHERE (\(rule)::text IS NULL OR e.rule = \(rule)) AND (\(includingSuppressed) OR e.kind <> 'suppressed')
                   AND (\(id)::bigint IS NULL OR e.id < \(id))
                 ORDER BY e.id DESC LIMIT \(limit)
                """
            )
            let messages = try events.map { try $0.decode("message", as: String?.self) }
            let deliveries = try await connection.query(
                """
                SELECT \(AlertDeliveryEntry.columns) FROM alert_deliveries
                 WHERE message = ANY (\(Array(Set(messages.compactMap(\.self))))) ORDER BY channel
                """
            ).map(AlertDeliveryEntry.init(row:))
            let byMessage = Dictionary(grouping: deliveries, by: \.message)
            return try zip(events, messages).map { row, message in
                AlertLogEntry(
                    id: try row.decode("id"), decision: try AlertDecision(row: row), message: message,
                    deliveries: message.flatMap { byMessage[$0] } ?? [])
            }
        }
    }
}
