public import Foundation

/// What is to be told: a condition, of whom, and how much of it a reader can bear.
public struct AlertRule: SettingsSection {
    public var kind = AlertKind.spreadAPR
    public var isEnabled = true
    /// Level kinds only: the side of the threshold on which the condition holds.
    public var direction = AlertLevel.Direction.above
    public var threshold: Double?
    /// Where the condition must have fallen back to before it can become true again.
    public var rearm: Double?
    /// `terms_change` only: the changes that are told.
    public var terms: [AlertTermsKind] = []
    public var scope = AlertScope()
    /// Seconds for which the condition must have held.
    public var minimumDuration = 0.0
    /// Seconds after a firing during which the same is not told again.
    public var coolDown = 900.0
    /// Messages an hour; alerts of one evaluation are one message.
    public var maximumPerHour = 20
    /// When the rule may not fire, besides the hours in which none may.
    public var quietHours: [QuietHours] = []
    /// From when on the rule is as if it were not there.
    public var expiresAt: Date?
    /// Names of channels.
    public var channels: [String] = []
    /// Whether the end of what was told is told too.
    public var tellsEnd = false

    public init() {}

    static let application = SettingApplication.live

    static let fields = [
        SettingField("kind", \AlertRule.kind, isRequired: true, "what is looked at"),
        SettingField("enabled", \AlertRule.isEnabled, "whether the rule is evaluated"),
        SettingField("direction", \AlertRule.direction, "where the condition holds; beyond: of the absolute value"),
        SettingField(
            "threshold", \AlertRule.threshold, .given(.within(-1e9...1e9)),
            """
            where the condition becomes true, itself included: percent a year for spread_apr, spread_net_apr and apr, \
            fraction per interval for funding_rate, standard deviations for spread_zscore and zscore, seconds for \
            exchange_age
            """),
        SettingField(
            "rearm", \AlertRule.rearm, .given(.within(-1e9...1e9)),
            "where it must have fallen back to before it can become true again; a tenth inside if not given"),
        SettingField("terms", \AlertRule.terms, "terms_change only: the changes that are told; interval if not given"),
        SettingField("assets", \AlertRule.scope.assets, "only these base assets; all if empty"),
        SettingField(
            "exchanges", \AlertRule.scope.exchanges, "only these exchanges; a pair needs both legs among two or more"),
        SettingField(
            "symbols", \AlertRule.scope.symbols, "only contracts with these symbols; a pair needs one of them"),
        SettingField(
            "for_seconds", \AlertRule.minimumDuration, .within(0...604_800),
            "seconds for which the condition must have held"),
        SettingField(
            "cooldown_seconds", \AlertRule.coolDown, .within(0...2_592_000),
            "seconds after a firing during which the same is not told again"),
        SettingField("max_per_hour", \AlertRule.maximumPerHour, .within(1...3600), "messages an hour"),
        SettingField("quiet_hours", \AlertRule.quietHours, "when the rule may not fire, in UTC: [\"22:00-06:00\"]"),
        SettingField("expires_at", \AlertRule.expiresAt, "from when on the rule is as if it were not there"),
        SettingField("channels", \AlertRule.channels, "names of channels; none: only logged"),
        SettingField("tell_end", \AlertRule.tellsEnd, "whether the end of what was told is told too"),
    ]

    func conflicts() -> [SettingsProblem] {
        guard kind.measure != nil else {
            return [("threshold", threshold), ("rearm", rearm)].compactMap { key, value in
                value.map { _ in SettingsProblem(key, "means nothing to \(kind.rawValue)") }
            }
        }
        var problems: [SettingsProblem] = []
        if !terms.isEmpty { problems.append(SettingsProblem("terms", "means nothing to \(kind.rawValue)")) }
        if let level {
            if !level.isConsistent {
                problems.append(
                    SettingsProblem("rearm", "lies where the condition holds, \(direction.rawValue) the threshold"))
            }
            if direction == .beyond, level.threshold <= 0 {
                problems.append(SettingsProblem("threshold", "must be above zero to be beyond it"))
            }
        } else {
            problems.append(SettingsProblem("threshold", "is missing, \(kind.rawValue) needs it"))
        }
        return problems
    }

    /// What must hold; nil for `terms_change`, or without a threshold.
    public var level: AlertLevel? {
        guard kind.measure != nil, let threshold else { return nil }
        return AlertLevel(direction, threshold, rearm: rearm)
    }

    /// The changes of terms that fire; none for other kinds.
    public var toldTerms: Set<TermsChange.Kind> {
        guard kind == .termsChange else { return [] }
        return terms.isEmpty ? [.interval] : Set(terms.map(\.change))
    }
}

/// What a rule looks at.
public enum AlertKind: String, SettingChoice, CaseIterable, Sendable {
    case spreadAPR = "spread_apr"
    case spreadNetAPR = "spread_net_apr"
    case spreadZScore = "spread_zscore"
    case fundingRate = "funding_rate"
    case apr
    case zScore = "zscore"
    case exchangeAge = "exchange_age"
    case termsChange = "terms_change"

    /// The number that is compared with the threshold; nil for what happens instead of holding.
    public var measure: AlertMeasure? {
        switch self {
        case .spreadAPR: .spreadAPR
        case .spreadNetAPR: .spreadNetAPR
        case .spreadZScore: .spreadZScore
        case .fundingRate: .fundingRate
        case .apr: .apr
        case .zScore: .zScore
        case .exchangeAge: .exchangeAge
        case .termsChange: nil
        }
    }
}

/// A change of a contract's terms, as the settings call it.
public enum AlertTermsKind: String, SettingChoice, CaseIterable, Sendable {
    case listed, delisted, relisted, interval, denomination, limits

    var change: TermsChange.Kind {
        switch self {
        case .listed: .listed
        case .delisted: .delisted
        case .relisted: .relisted
        case .interval: .interval
        case .denomination: .denomination
        case .limits: .limits
        }
    }
}
