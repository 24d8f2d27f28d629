public import Foundation
public import FundingCore
import PostgresDriver

/// A message on its way to a channel.
public struct AlertDelivery: Sendable {
    public var message: AlertMessage
    public var channel: String
    /// Attempts made so far.
    public var attempts: Int
    public var createdAt: Date
}

/// A line of the log of deliveries.
public struct AlertDeliveryEntry: Hashable, Sendable {
    public var message: String
    public var channel: String
    /// `pending`, `delivered` or `failed`.
    public var status: String
    public var attempts: Int
    public var createdAt: Date
    public var nextAttemptAt: Date
    public var lastAttemptAt: Date?
    /// The HTTP status of the last answer.
    public var responseCode: Int?
    public var error: String?
}

extension AlertStore {
    /// The messages whose time has come, the longest waiting first.
    /// - Parameter busy: channels that are being sent to: they get one message after the other.
    public func due(at now: Date, notTo busy: [String], limit: Int) async throws -> [AlertDelivery] {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let due = try await connection.query(
                """
                SELECT DISTINCT ON (channel) message, channel, attempts, created_at FROM alert_deliveries
                 WHERE status = 'pending' AND next_attempt_at <= \(now) AND channel <> ALL (\(busy))
                 ORDER BY channel, next_attempt_at, message LIMIT \(limit)
                """
            )
            guard !due.isEmpty else { return [] }
            let keys = try due.map { try $0.decode("message", as: String.self) }
            var decisions: [String: [AlertDecision]] = [:]
            for row in try await connection.query(
                "SELECT \(AlertDecision.columns) FROM alert_events e WHERE e.message = ANY (\(keys)) ORDER BY e.key"
            ) {
                decisions[try row.decode("message"), default: []].append(try AlertDecision(row: row))
            }
            return try due.map { row in
                let (key, channel): (String, String) = (try row.decode("message"), try row.decode("channel"))
                guard let told = decisions[key] else { throw StoreError("the message \(key) has lost its alerts") }
                return AlertDelivery(
                    message: AlertMessage(told, to: [channel]), channel: channel, attempts: try row.decode("attempts"),
                    createdAt: try row.decode("created_at"))
            }
        }
    }

    /// Writes down what came of an attempt.
    /// - Throws: `LeadershipLost` if another scanner leads: it will make the attempt again.
    public func record(
        _ verdict: DeliveryPolicy.Verdict, on outcome: DeliveryPolicy.Outcome, of delivery: AlertDelivery,
        _ token: ScannerLease.Token, at now: Date
    ) async throws {
        let (status, next): (String, Date?) =
            switch verdict {
            case .delivered: ("delivered", nil)
            case .failed: ("failed", nil)
            case .retry(let time): ("pending", time)
            }
        let (code, error): (Int?, String?) =
            switch outcome {
            case .answered(let status, _): (status, verdict == .delivered ? nil : "answered with \(status)")
            case .unanswered(let reason), .unsendable(let reason): (nil, String(reason.prefix(400)))
            }
        try await pool.withTransaction { connection in
            try await connection.proveLeadership(token)
            try await connection.query(
                """
                UPDATE alert_deliveries
                   SET status = \(status), attempts = attempts + 1, last_attempt_at = \(now),
                       next_attempt_at = coalesce(\(next), next_attempt_at), response_code = \(code)::integer,
                       error = \(error)
                 WHERE message = \(delivery.message.key) AND channel = \(delivery.channel) AND status = 'pending'
                """
            )
        }
    }

    /// What was decided lately, newest first.
    /// - Parameters:
    ///   - rule: only this one's; all if nil.
    ///   - includingSuppressed: also what was decided and not told.
    public func log(rule: String? = nil, includingSuppressed: Bool = true, limit: Int) async throws -> [AlertDecision] {
        try await pool.query(
            """
            SELECT \(AlertDecision.columns) FROM alert_events e
             WHERE (\(rule)::text IS NULL OR e.rule = \(rule)) AND (\(includingSuppressed) OR e.kind <> 'suppressed')
             ORDER BY e.id DESC LIMIT \(limit)
            """
        ).map(AlertDecision.init(row:))
    }

    /// How the latest deliveries fare, newest first.
    public func deliveries(limit: Int) async throws -> [AlertDeliveryEntry] {
        try await pool.query(
            """
            SELECT \(AlertDeliveryEntry.columns)
              FROM alert_deliveries ORDER BY created_at DESC, message, channel LIMIT \(limit)
            """
        ).map(AlertDeliveryEntry.init(row:))
    }

    /// How it stands between rules and subjects now: what is pending or active.
    public func open() async throws -> [AlertOutcome.StateChange] {
        try await pool.query(
            """
            SELECT rule, rule_revision, subject::text AS subject, phase, episode, since, suppression, last_fired_at, value
              FROM alert_states WHERE phase <> 'calm' AND subject ->> 'kind' <> 'change' ORDER BY rule, since
            """
        ).map(AlertOutcome.StateChange.init(row:))
    }
}
