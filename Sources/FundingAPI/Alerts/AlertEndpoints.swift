import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// What alert rules there are, what is true of whom, and what was told. Rules are settings and changed as such; messages
/// are sent by the scanner, and a channel is tried with `fundingctl alert test`.
struct AlertEndpoints: Sendable {
    let source: MarketSource
    let reads: TableReads
    let settings: SettingsStore

    private static let rule = Parameter<String?>.text("rule", "Only this rule's.")
    private static let phases = Parameter<[OpenPhase]>.choices("phase", "Only those that are so far.")
    private static let includesSuppressed = Parameter<Bool>.flag(
        "suppressed", default: true, "Also what was decided and not told.")
    private static let cursor = Parameter<Int?>.logCursor
    private static let limit = Parameter<Int>.integer("limit", in: 1...1000, default: 50, "How many rows at most.")

    /// The phases of what is not over.
    private enum OpenPhase: String, Sendable, CaseIterable {
        case pending, active
    }

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/alerts/rules", .alerts, "All rules and channels, without secrets. They are changed as settings.",
                answers: Self.rulesSchema, rules
            ).guarded(by: .adminRead),
            .get(
                "/api/alerts", .alerts, "What is true of whom, or about to be.", [Self.rule, Self.phases],
                answers: Self.openSchema, open
            ).guarded(by: .adminRead),
            .get(
                "/api/alerts/log", .alerts, "What was decided, newest first, and how its delivery fares.",
                [Self.rule, Self.includesSuppressed, Self.cursor, Self.limit], answers: Self.logSchema, log
            ).guarded(by: .adminRead),
        ]
    }

    // MARK: Rules

    private static let rulesSchema: JSONShape = [
        "enabled": .flag, "quiet_hours": .list(.text), "settings_revision": .count,
        "rules": .list(AlertRule.schema.with(["open": .count])),
        "channels": .list(["name": .text, "service": .words(AlertChannel.Service.self), "enabled": .flag]),
        "timestamp": .timestamp,
    ]

    private func rules(_ arguments: inout Arguments) async throws -> WebResponse {
        let stored = try await settings.current()
        let alerts = try stored.settings().alerts
        let open = try await AlertStore(reads.pool).open()
        let now = Date()
        return .now { writer in
            writer.field("enabled", alerts.isEnabled)
            writer.field("quiet_hours", alerts.quietHours.map(\.description))
            writer.field("settings_revision", stored.revision)
            writer.list("rules", alerts.rules.sorted { $0.key < $1.key }) { named, writer in
                named.value.writeFields(named: named.key, to: &writer)
                writer.field("open", open.count { $0.rule == named.key && alerts.hold($0, at: now) })
            }
            writer.list("channels", alerts.channels.sorted { $0.key < $1.key }) { named, writer in
                writer.field("name", named.key)
                writer.field("service", named.value.service.rawValue)
                writer.field("enabled", named.value.isEnabled)
            }
            writer.field("timestamp", Timestamp.text(now))
        }
    }

    // MARK: Episodes

    private static let openSchema: JSONShape = [
        "alerts": .list([
            "rule": .text, "rule_revision": .text, "is_current": .flag, "subject": AlertSubject.schema,
            "phase": .words(OpenPhase.self), "episode": .count, "since": .timestamp, "open_seconds": .number,
            "value": .number.orNull, "suppression": AlertSuppression.schema, "last_fired_at": .timestamp.orNull,
        ]),
        "total": .count, "timestamp": .timestamp,
    ]

    private func open(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let rule = arguments[Self.rule]
        let phases = arguments[Self.phases].map(\.rawValue)
        try arguments.finish()
        let alerts = try await settings.current().settings().alerts
        let episodes = try await AlertStore(reads.pool).open().filter { episode in
            (rule.map { episode.rule == $0 } ?? true)
                && (phases.isEmpty || phases.contains(episode.state.phase.rawValue))
        }
        let now = Date()
        return .now { writer in
            writer.list("alerts", episodes) { episode, writer in
                let state = episode.state
                writer.field("rule", episode.rule)
                writer.field("rule_revision", episode.ruleRevision)
                writer.field("is_current", alerts.hold(episode, at: now))
                writer.key("subject")
                episode.subject.write(names, to: &writer)
                writer.field("phase", state.phase.rawValue)
                writer.field("episode", state.episode)
                writer.field("since", Timestamp.text(state.since))
                writer.field("open_seconds", max(0, now.timeIntervalSince(state.since)))
                writer.field("value", state.value)
                writer.field("suppression", state.suppression?.rawValue)
                writer.field("last_fired_at", state.lastFiredAt.map(Timestamp.text))
            }
            writer.field("total", episodes.count)
            writer.field("timestamp", Timestamp.text(now))
        }
    }

    // MARK: The log

    private static let logSchema: JSONShape = [
        "entries": .list([
            "id": .count, "kind": .word(["fired", "ended", "suppressed"]), "suppression": AlertSuppression.schema,
            "rule": .text, "rule_revision": .text, "rule_kind": .words(AlertKind.self),
            "subject": AlertSubject.schema, "episode": .count, "happened_at": .timestamp, "value": .number.orNull,
            "threshold": .number.orNull, "facts": AlertDecision.factsSchema, "message": .text.orNull,
            "deliveries": .list([
                "channel": .text, "status": .word(["pending", "delivered", "failed"]), "attempts": .count,
                "created_at": .timestamp, "next_attempt_at": .timestamp.orNull, "last_attempt_at": .timestamp.orNull,
                "response_code": .whole.orNull, "error": .text.orNull,
            ]),
        ]),
        "next_cursor": .text.orNull, "timestamp": .timestamp,
    ]

    private func log(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let rule = arguments[Self.rule]
        let includesSuppressed = arguments[Self.includesSuppressed]
        let cursor = arguments[Self.cursor]
        let limit = arguments[Self.limit]
        try arguments.finish()
        // One more than wanted tells whether there is more.
        let found = try await AlertStore(reads.pool).entries(
            rule: rule, includingSuppressed: includesSuppressed, before: cursor, limit: limit + 1)
        let entries = found.prefix(limit)
        return .now { writer in
            writer.list("entries", entries) { $0.write(names, to: &$1) }
            writer.field("next_cursor", found.count > limit ? entries.last.map { "\($0.id)" } : nil)
            writer.field("timestamp", Timestamp.text(Date()))
        }
    }
}

extension AlertSettings {
    /// Whether an episode is still looked after: its rule is in force, and still the same condition.
    fileprivate func hold(_ episode: AlertOutcome.StateChange, at now: Date) -> Bool {
        guard isEnabled, let rule = rules[episode.rule], rule.isInForce(at: now) else { return false }
        return rule.revision == episode.ruleRevision
    }
}

extension AlertLogEntry {
    fileprivate func write(_ names: ExchangeNames, to writer: inout JSONWriter) {
        writer.field("id", id)
        writer.field("kind", decision.kind.name)
        writer.field("suppression", decision.kind.suppression?.rawValue)
        writer.field("rule", decision.rule)
        writer.field("rule_revision", decision.ruleRevision)
        writer.field("rule_kind", decision.ruleKind.rawValue)
        writer.key("subject")
        decision.subject.write(names, to: &writer)
        writer.field("episode", decision.episode)
        writer.field("happened_at", Timestamp.text(decision.at))
        writer.field("value", decision.value)
        writer.field("threshold", decision.threshold)
        writer.key("facts")
        writer.raw(decision.facts)
        writer.field("message", message)
        writer.list("deliveries", deliveries) { delivery, writer in
            writer.field("channel", delivery.channel)
            writer.field("status", delivery.status)
            writer.field("attempts", delivery.attempts)
            writer.field("created_at", Timestamp.text(delivery.createdAt))
            let isPending = delivery.status == "pending"
            writer.field("next_attempt_at", isPending ? Timestamp.text(delivery.nextAttemptAt) : nil)
            writer.field("last_attempt_at", delivery.lastAttemptAt.map(Timestamp.text))
            writer.field("response_code", delivery.responseCode)
            writer.field("error", delivery.error)
        }
    }
}

extension Parameter where Value == Int? {
    /// Where the page of the log before ended.
    fileprivate static var logCursor: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "cursor", schema: .text, summary: "The `next_cursor` of the page before; none for the first.")
        ) { arguments, declaration in
            guard let text = arguments.text(declaration) else { return nil }
            if let id = Int(text), id > 0 { return id }
            arguments.report("value_error", declaration, "Input should be a next_cursor of this endpoint", text)
            return nil
        }
    }
}
