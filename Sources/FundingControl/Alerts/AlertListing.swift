import ArgumentParser
import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// `fundingctl alert list`
struct AlertList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists rules and channels, and what is true of whom now.")

    func run() async {
        await Database.command { pool in
            let alerts = try await SettingsStore(pool).current().settings().alerts
            let open = try await AlertStore(pool).open()
            for (name, rule) in alerts.rules.sorted(by: { $0.key < $1.key }) {
                print("\(name): \(rule.summary)\(rule.isEnabled && alerts.isEnabled ? "" : ", switched off")")
                for change in open where change.rule == name && change.ruleRevision == rule.revision {
                    let state = change.state
                    let told = state.suppression.map { ", not told: \($0.rawValue)" } ?? ""
                    print(
                        "    \(state.phase.rawValue) since \(Timestamp.text(state.since)): \(change.subject.key)\(told)"
                    )
                }
            }
            for (name, channel) in alerts.channels.sorted(by: { $0.key < $1.key }) {
                let needs = channel.variables.joined(separator: ", ")
                print(
                    "channel \(name): \(channel.service.rawValue), \(needs)\(channel.isEnabled ? "" : ", switched off")"
                )
            }
        }
    }
}

/// `fundingctl alert log`
struct AlertLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Shows what was decided lately, newest first, or how its delivery fares.")

    @Option(help: "Only what this rule decided.")
    var rule: String?

    @Option(help: "How many lines.")
    var limit = 50

    @Flag(help: "Also what was decided and not told.")
    var all = false

    @Flag(help: "The deliveries instead.")
    var deliveries = false

    func validate() throws {
        guard (1...10_000).contains(limit) else {
            throw ValidationError("--limit: expected 1 to 10000, found \(limit).")
        }
    }

    func run() async {
        await Database.command { pool in
            let store = AlertStore(pool)
            if deliveries {
                for entry in try await store.deliveries(limit: limit) { print(entry.line) }
            } else {
                let decisions = try await store.log(rule: rule, includingSuppressed: all, limit: limit)
                for decision in decisions { print(decision.logLine) }
            }
        }
    }
}

extension AlertRule {
    /// The condition in a few words.
    fileprivate var summary: String {
        let scope = [
            ("assets", self.scope.assets), ("exchanges", self.scope.exchanges), ("symbols", self.scope.symbols),
        ]
        .filter { !$0.1.isEmpty }.map { ", \($0.0) \($0.1.joined(separator: " "))" }.joined()
        let condition =
            level.map { "\($0.direction.rawValue) \($0.threshold), again from \($0.rearm)" }
            ?? toldTerms.map(\.rawValue).sorted().joined(separator: " ")
        return
            "\(kind.rawValue) \(condition)\(scope), to \(channels.isEmpty ? "the log" : channels.joined(separator: " "))"
    }
}

extension AlertDecision {
    fileprivate var logLine: String {
        let what =
            switch kind {
            case .fired: "fired"
            case .ended: "ended"
            case .suppressed(let reason): "suppressed (\(reason.rawValue))"
            }
        let facts = String(decoding: facts, as: UTF8.self)
        return "\(Timestamp.text(at))  \(rule)  \(what)  \(subject.key)  \(facts)"
    }
}

extension AlertDeliveryEntry {
    fileprivate var line: String {
        var line = "\(Timestamp.text(createdAt))  \(channel)  \(status)  \(attempts) attempts"
        if let error { line += ", \(error)" } else if let responseCode { line += ", answered with \(responseCode)" }
        if status == "pending" { line += ", next at \(Timestamp.text(nextAttemptAt))" }
        return line + "  \(message)"
    }
}
