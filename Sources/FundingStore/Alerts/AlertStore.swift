public import Foundation
public import FundingCore
public import PostgresDriver

/// What alert rules have decided, and what of it is still to be delivered.
///
/// Decisions, states and deliveries are committed together, by the leader alone: from then on an alert is neither lost nor
/// told twice, whoever leads.
public struct AlertStore: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// What an engine needs to go on where the last one stopped.
    /// - Returns: the states of rules with these names, and when each sent its messages within the counted time.
    public func load(
        rules: [String], at now: Date
    ) async throws -> (states: [AlertOutcome.StateChange], sent: [String: [Date]]) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let states = try await connection.query(
                """
                SELECT rule, rule_revision, subject::text AS subject, phase, episode, since, suppression, last_fired_at,
                       value
                  FROM alert_states WHERE rule = ANY (\(rules))
                """
            ).map(AlertOutcome.StateChange.init(row:))
            let counted = now.addingTimeInterval(-AlertEngine.countedTime)
            var sent: [String: [Date]] = [:]
            for row in try await connection.query(
                """
                SELECT rule, min(happened_at) AS sent_at FROM alert_events
                 WHERE kind = 'fired' AND rule = ANY (\(rules)) AND happened_at > \(counted)
                 GROUP BY rule, message ORDER BY sent_at
                """
            ) {
                sent[try row.decode("rule"), default: []].append(try row.decode("sent_at"))
            }
            return (states, sent)
        }
    }

    /// Commits what an evaluation has brought: states, decisions, and a pending delivery of each message to each of its
    /// channels. Committing the same again changes nothing.
    /// - Throws: `LeadershipLost` if another scanner leads.
    public func record(_ outcome: AlertOutcome, _ token: ScannerLease.Token, at now: Date) async throws {
        guard !outcome.isEmpty else { return }
        try await pool.withTransaction { connection in
            try await connection.proveLeadership(token)
            _ = try await connection.pipeline([
                Self.upsert(outcome.states, now), Self.insert(outcome), Self.insert(outcome.messages, now),
            ])
        }
    }

    private static func upsert(_ changes: [AlertOutcome.StateChange], _ now: Date) -> PostgresQuery {
        let states = changes.map(\.state)
        return """
            INSERT INTO alert_states (
                   rule, rule_revision, subject_key, subject, phase, episode, since, suppression, last_fired_at, value,
                   updated_at)
            SELECT rule, revision, key, subject::jsonb, phase, episode, since, suppression, fired, value, \(now)
              FROM unnest(\(changes.map(\.rule)), \(changes.map(\.ruleRevision)), \(changes.map(\.subject.key)),
                          \(changes.map { String(decoding: $0.subject.encoded(), as: UTF8.self) }),
                          \(states.map(\.phase.rawValue)), \(states.map { Int32($0.episode) }), \(states.map(\.since)),
                          \(states.map(\.suppression?.rawValue)), \(states.map(\.lastFiredAt)), \(states.map(\.value)))
                   AS s (rule, revision, key, subject, phase, episode, since, suppression, fired, value)
            ON CONFLICT (rule, rule_revision, subject_key) DO UPDATE
               SET phase = excluded.phase, episode = excluded.episode, since = excluded.since,
                   suppression = excluded.suppression, last_fired_at = excluded.last_fired_at, value = excluded.value,
                   updated_at = excluded.updated_at
            """
    }

    private static func insert(_ outcome: AlertOutcome) -> PostgresQuery {
        let decisions = outcome.decisions
        let messages = Dictionary(
            outcome.messages.flatMap { message in message.decisions.map { ($0.key, message.key) } }
        ) { first, _ in first }
        return """
            INSERT INTO alert_events (
                   key, kind, suppression, rule, rule_revision, rule_kind, subject_key, subject, episode, happened_at,
                   value, threshold, facts, message)
            SELECT key, kind, suppression, rule, revision, rule_kind, subject_key, subject::jsonb, episode, at, value,
                   threshold, facts::jsonb, message
              FROM unnest(\(decisions.map(\.key)), \(decisions.map(\.kind.name)),
                          \(decisions.map(\.kind.suppression?.rawValue)), \(decisions.map(\.rule)),
                          \(decisions.map(\.ruleRevision)), \(decisions.map(\.ruleKind.rawValue)),
                          \(decisions.map(\.subject.key)),
                          \(decisions.map { String(decoding: $0.subject.encoded(), as: UTF8.self) }),
                          \(decisions.map { Int32($0.episode) }), \(decisions.map(\.at)), \(decisions.map(\.value)),
                          \(decisions.map(\.threshold)), \(decisions.map { String(decoding: $0.facts, as: UTF8.self) }),
                          \(decisions.map { messages[$0.key] }))
                   AS d (key, kind, suppression, rule, revision, rule_kind, subject_key, subject, episode, at, value,
                         threshold, facts, message)
            ON CONFLICT (key) DO NOTHING
            """
    }

    /// A message whose alerts have all been told by another is none.
    private static func insert(_ messages: [AlertMessage], _ now: Date) -> PostgresQuery {
        let pairs = messages.flatMap { message in Set(message.channels).sorted().map { (message.key, $0) } }
        return """
            INSERT INTO alert_deliveries (message, channel, created_at, next_attempt_at)
            SELECT message, channel, \(now), \(now)
              FROM unnest(\(pairs.map(\.0)), \(pairs.map(\.1))) AS m (message, channel)
             WHERE EXISTS (SELECT FROM alert_events e WHERE e.message = m.message)
            ON CONFLICT (message, channel) DO NOTHING
            """
    }

    /// Forgets what happened before a time and is over. A state outlives its events, so that its episodes go on counting.
    /// - Parameter most: so many events at once; there may be years of them.
    /// - Returns: whether that was all.
    @discardableResult
    public func prune(before time: Date, _ token: ScannerLease.Token, most: Int = 20_000) async throws -> Bool {
        try await pool.withTransaction { connection in
            try await connection.proveLeadership(token)
            let results = try await connection.pipeline([
                "DELETE FROM alert_deliveries WHERE created_at < \(time) AND status <> 'pending'",
                """
                WITH forgotten AS (
                    DELETE FROM alert_events
                     WHERE id IN (
                           SELECT id FROM alert_events e
                            WHERE happened_at < \(time)
                              AND NOT EXISTS (
                                  SELECT FROM alert_deliveries d WHERE d.message = e.message AND d.status = 'pending')
                            LIMIT \(most))
                    RETURNING 1)
                SELECT count(*) AS count FROM forgotten
                """,
                """
                DELETE FROM alert_states s
                 WHERE updated_at < \(time) AND (phase = 'calm' OR subject ->> 'kind' = 'change')
                   AND NOT EXISTS (
                       SELECT FROM alert_events e
                        WHERE e.rule = s.rule AND e.rule_revision = s.rule_revision AND e.subject_key = s.subject_key)
                """,
            ])
            return try results[1][0].decode("count", as: Int.self) < most
        }
    }
}
