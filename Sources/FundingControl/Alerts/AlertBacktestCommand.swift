import ArgumentParser
import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// `fundingctl alert backtest`
struct AlertBacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Tells what a rule would have told in the past.",
        discussion: """
            The same engine that runs live goes over what was paid. The live rule looks at predicted rates, which move \
            between payments, so the count is a measure of the rule and not a copy of what would have been.
            """
    )

    @Argument(help: "The rule's name among the settings.")
    var rule: String

    @Option(help: "How many days back, 1 to 30.")
    var days = AlertBacktest.mostDays

    @Option(help: "Try the rule with a partial document over the settings, such as a file with another threshold.")
    var with: String?

    @Option(help: "How many of the alerts are listed, the latest ones.")
    var list = 20

    func validate() throws {
        guard (1...AlertBacktest.mostDays).contains(days) else {
            throw ValidationError("--days: expected 1 to \(AlertBacktest.mostDays), found \(days).")
        }
        guard list >= 0 else { throw ValidationError("--list: expected a number of alerts, found \(list).") }
    }

    func run() async {
        await Database.command { pool in
            let settings = try await settings(SettingsStore(pool))
            guard let tested = settings.alerts.rules[rule] else {
                let known = settings.alerts.rules.keys.sorted().joined(separator: ", ")
                throw UnknownName(description: "there is no rule \(rule); known are: \(known)")
            }
            let end = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 3600).rounded(.down) * 3600)
            let window = end.addingTimeInterval(-86_400 * Double(days))...end
            var backtest = try AlertBacktest(
                rule, in: settings.alerts, during: window,
                fees: settings.scanner.fees(over: try await SpreadFactsStore(pool).fees()),
                policy: settings.scanner.policy)
            try await BacktestStore(pool).feed(&backtest, tested, during: window)
            print(
                BacktestAccount(backtest.report(), days: days, tested: backtest.testedSubjects).text(listing: list))
        }
    }

    private func settings(_ store: SettingsStore) async throws -> SuiteSettings {
        let stored = try await store.current()
        guard let with else { return try stored.settings() }
        let document = try SettingsPatch.merge(SettingsSession.bytes(of: with), into: stored.document)
        let (settings, problems) = SuiteSettings.read(document)
        guard problems.isEmpty else { throw SettingsRefused(problems) }
        return settings
    }
}

/// What `fundingctl alert backtest` says.
struct BacktestAccount {
    var report: BacktestReport
    var days: Int
    /// Pairs or contracts that were looked at.
    var tested: Int

    init(_ report: BacktestReport, days: Int, tested: Int) {
        self.report = report
        self.days = days
        self.tested = tested
    }

    func text(listing count: Int) -> String {
        var lines = [headline]
        for (reason, times) in report.suppressed.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("held back or left out \(times) times: \(reason.rawValue)")
        }
        lines += report.firings.suffix(count).map(Self.line)
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        var text = "would have fired \(report.firings.count) times in \(days) days"
        if tested > 0 { text += ", of \(tested) looked at" }
        if let life = report.medianLife { text += ", median life \(Self.duration(life))" }
        let paid = report.paid
        if paid.of > 0 { text += ", \(paid.count) of \(paid.of) paid after fees" }
        return text
    }

    private static func line(_ firing: BacktestReport.Firing) -> String {
        let value = firing.value.map { String(format: "  %.6g", $0) } ?? ""
        let life = firing.endedAt == nil ? "still true" : duration(firing.life)
        let replay = firing.replay.map { replay in
            let lacking = replay.long.missing + replay.short.missing + replay.long.pending + replay.short.pending
            let gaps = replay.isComplete ? "" : ", \(lacking) payments missing"
            return String(format: "  carry %+.4f %%, after fees %+.4f %%", replay.carry * 100, replay.net * 100) + gaps
        }
        return "\(Timestamp.text(firing.firedAt))  \(firing.subject.key)\(value)  \(life)\(replay ?? "")"
    }

    /// `3 h 10 m`
    private static func duration(_ seconds: TimeInterval) -> String {
        let minutes = Int((seconds / 60).rounded())
        return minutes < 60 ? "\(minutes) m" : "\(minutes / 60) h \(minutes % 60) m"
    }
}
