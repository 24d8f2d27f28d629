import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import WebServer

/// What a rule would have told in the past, by the engine that runs live: the same as `fundingctl alert backtest`.
struct BacktestEndpoint: Sendable {
    let source: MarketSource
    let reads: TableReads
    let settings: SettingsStore
    /// One runs at a time: it takes a core for seconds.
    private let isRunning = Lock(false)

    init(source: MarketSource, reads: TableReads, settings: SettingsStore) {
        self.source = source
        self.reads = reads
        self.settings = settings
    }

    private static let rule = Parameter<String?>.text("rule", "The rule's name among the settings.").inBody.needed
    private static let days = Parameter<Int>.integer(
        "days", in: 1...AlertBacktest.mostDays, default: AlertBacktest.mostDays, "How many days back."
    ).inBody
    private static let threshold = Parameter<Double?>.number(
        "threshold", in: -1e9...1e9, "Another threshold to try; `rearm` is a tenth inside of it if not given."
    ).inBody
    private static let rearm = Parameter<Double?>.number(
        "rearm", in: -1e9...1e9, "Another level at which the condition ends."
    ).inBody
    private static let limit = Parameter<Int>.integer(
        "limit", in: 0...1000, default: 20, "How many of the alerts are listed, the latest ones."
    ).inBody

    private static let schema: JSONShape = [
        "rule": AlertRule.schema, "days": .count, "from": .timestamp, "to": .timestamp, "tested": .count,
        "fired": .count, "suppressed": ["quiet_hours": .count, "cooldown": .count, "rate_limit": .count],
        "median_life_seconds": .number.orNull, "paid": .count, "paid_of": .count,
        "firings": .list([
            "subject": AlertSubject.schema, "fired_at": .timestamp, "value": .number.orNull,
            "ended_at": .timestamp.orNull, "life_seconds": .number, "carry": .number.orNull, "net": .number.orNull,
            "missing_payments": .count.orNull, "pending_payments": .count.orNull,
        ]),
        "timestamp": .timestamp,
    ]

    var endpoints: [Endpoint] {
        [
            .post(
                "/api/alerts/backtest", .alerts,
                "What a rule would have told in the past, looking at what was paid. Nothing is told or kept.",
                [Self.rule, Self.days, Self.threshold, Self.rearm, Self.limit], answers: Self.schema, backtest
            ).guarded(by: .adminHeavy).refusing(404, 409)
        ]
    }

    private func backtest(_ arguments: inout Arguments) async throws -> WebResponse {
        let name = arguments[Self.rule]
        let days = arguments[Self.days]
        let (threshold, rearm) = (arguments[Self.threshold], arguments[Self.rearm])
        let limit = arguments[Self.limit]
        try arguments.finish()
        let names = try ExchangeNames(source.picture())
        var settings = try await settings.current().settings()
        guard let name, var rule = settings.alerts.rules[name] else {
            throw WebError.notFound("There is no rule \(name?.prefix(60) ?? "")")
        }
        try Self.adjust(&rule, threshold, rearm, &arguments)
        settings.alerts.rules[name] = rule
        let wasRunning = isRunning.withLock { running in
            defer { running = true }
            return running
        }
        guard !wasRunning else {
            throw WebError(status: 409, code: "already_running", message: "Another backtest is running; try again soon")
        }
        defer { isRunning.withLock { $0 = false } }
        let end = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 3600).rounded(.down) * 3600)
        let window = end.addingTimeInterval(-86_400 * Double(days))...end
        let (report, tested) = try await run(name, rule, in: settings, during: window)
        return .now { writer in
            writer.key("rule")
            writer.beginObject()
            rule.writeFields(named: name, to: &writer)
            writer.endObject()
            writer.field("days", days)
            writer.field("from", Timestamp.text(window.lowerBound))
            writer.field("to", Timestamp.text(window.upperBound))
            writer.field("tested", tested)
            report.writeMembers(listing: limit, names, to: &writer)
            writer.field("timestamp", Timestamp.text(Date()))
        }
    }

    /// Tries the rule with another level.
    private static func adjust(
        _ rule: inout AlertRule, _ threshold: Double?, _ rearm: Double?, _ arguments: inout Arguments
    ) throws {
        guard threshold != nil || rearm != nil else { return }
        if let threshold { rule.threshold = threshold }
        rule.rearm = rearm
        let isSound = rule.level.map { $0.isConsistent && ($0.direction != .beyond || $0.threshold > 0) } ?? false
        if !isSound {
            let given = threshold == nil ? Self.rearm.declaration : Self.threshold.declaration
            arguments.report(
                "value_error", given, "Input should be a level that a rule of \(rule.kind.rawValue) can have",
                "\(threshold ?? rearm ?? 0)")
        }
        try arguments.finish()
    }

    private func run(
        _ name: String, _ rule: AlertRule, in settings: SuiteSettings, during window: ClosedRange<Date>
    ) async throws -> (report: BacktestReport, tested: Int) {
        let fees = settings.scanner.fees(over: try await SpreadFactsStore(reads.pool).fees())
        var backtest: AlertBacktest
        do throws(AlertBacktest.Untestable) {
            backtest = try AlertBacktest(
                name, in: settings.alerts, during: window, fees: fees, policy: settings.scanner.policy)
        } catch {
            throw WebError.badRequest(error.description)
        }
        try await BacktestStore(reads.pool).feed(&backtest, rule, during: window)
        return (backtest.report(), backtest.testedSubjects)
    }
}

extension BacktestReport {
    fileprivate func writeMembers(listing count: Int, _ names: ExchangeNames, to writer: inout JSONWriter) {
        writer.field("fired", firings.count)
        writer.key("suppressed")
        writer.beginObject()
        for reason in AlertSuppression.allCases {
            writer.key(reason.rawValue)
            writer.value(suppressed[reason] ?? 0)
        }
        writer.endObject()
        writer.field("median_life_seconds", medianLife)
        writer.field("paid", paid.count)
        writer.field("paid_of", paid.of)
        writer.list("firings", firings.suffix(count)) { firing, writer in
            writer.key("subject")
            firing.subject.write(names, to: &writer)
            writer.field("fired_at", Timestamp.text(firing.firedAt))
            writer.field("value", firing.value)
            writer.field("ended_at", firing.endedAt.map(Timestamp.text))
            writer.field("life_seconds", firing.life)
            writer.field("carry", firing.replay?.carry)
            writer.field("net", firing.replay?.net)
            writer.field("missing_payments", firing.replay.map { $0.long.missing + $0.short.missing })
            writer.field("pending_payments", firing.replay.map { $0.long.pending + $0.short.pending })
        }
    }
}
