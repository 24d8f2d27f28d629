import Foundation
public import FundingCore
import PostgresDriver

extension AlertOutcome.StateChange {
    init(row: PostgresRow) throws {
        self.init(
            rule: try row.decode("rule"), ruleRevision: try row.decode("rule_revision"),
            subject: try AlertSubject(encoded: row.text("subject")),
            state: AlertState(
                phase: try row.word("phase"), episode: try row.decode("episode"), since: try row.decode("since"),
                suppression: try row.wordIfAny("suppression"), lastFiredAt: try row.decode("last_fired_at"),
                value: try row.decode("value")
            )
        )
    }
}

extension AlertDecision {
    static let columns: PostgresQuery = """
        e.kind, e.suppression, e.rule, e.rule_revision, e.rule_kind, e.subject::text AS subject, e.episode, e.happened_at,
        e.value, e.threshold, e.facts::text AS facts, e.message
        """

    init(row: PostgresRow) throws {
        let facts = try Self.facts(row.text("facts"))
        let suppression: AlertSuppression? = try row.wordIfAny("suppression")
        let isEnd = try row.decode("kind", as: String.self) == "ended"
        self.init(
            kind: suppression.map(Kind.suppressed) ?? (isEnd ? .ended : .fired), rule: try row.decode("rule"),
            ruleRevision: try row.decode("rule_revision"), ruleKind: try row.word("rule_kind"),
            subject: try AlertSubject(encoded: row.text("subject")), episode: try row.decode("episode"),
            at: try row.decode("happened_at"), value: try row.decode("value"), threshold: try row.decode("threshold"),
            values: facts.values, change: facts.change
        )
    }
}

extension AlertDeliveryEntry {
    static let columns: PostgresQuery = """
        message, channel, status, attempts, created_at, next_attempt_at, last_attempt_at, response_code, error
        """

    init(row: PostgresRow) throws {
        self.init(
            message: try row.decode("message"), channel: try row.decode("channel"), status: try row.decode("status"),
            attempts: try row.decode("attempts"), createdAt: try row.decode("created_at"),
            nextAttemptAt: try row.decode("next_attempt_at"), lastAttemptAt: try row.decode("last_attempt_at"),
            responseCode: try row.decode("response_code"), error: try row.decode("error"))
    }
}

extension AlertDecision.Kind {
    /// The word that the table knows it by.
    public var name: String {
        switch self {
        case .fired: "fired"
        case .ended: "ended"
        case .suppressed: "suppressed"
        }
    }

    /// Why it was not told; nil if it was.
    public var suppression: AlertSuppression? {
        if case .suppressed(let reason) = self { reason } else { nil }
    }
}

extension PostgresRow {
    fileprivate func text(_ column: String) throws -> [UInt8] { Array(try decode(column, as: String.self).utf8) }

    /// One of the words that the table's checks allow, as this build knows them.
    fileprivate func word<Word: RawRepresentable<String>>(_ column: String) throws -> Word {
        let text: String = try decode(column)
        guard let word = Word(rawValue: text) else { throw StoreError("\(column) holds the unknown word \(text)") }
        return word
    }

    fileprivate func wordIfAny<Word: RawRepresentable<String>>(_ column: String) throws -> Word? {
        let text: String? = try decode(column)
        return text == nil ? nil : try word(column)
    }
}
