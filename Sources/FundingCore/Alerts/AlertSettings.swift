import Foundation

/// What is told to whom.
public struct AlertSettings: SettingsSection {
    /// Whether rules are evaluated at all. What was decided before is still delivered.
    public var isEnabled = true
    /// Where messages go, by name.
    public var channels: [String: AlertChannel] = [:]
    /// What is told, by name.
    public var rules: [String: AlertRule] = [:]
    /// When no rule may fire.
    public var quietHours: [QuietHours] = []
    public var delivery = DeliverySettings()
    /// Days for which what fired and what was delivered is kept.
    public var keptDays = 90

    public init() {}

    static let application = SettingApplication.live

    static let fields = [
        SettingField("enabled", \AlertSettings.isEnabled, "whether rules are evaluated"),
        SettingField("channels", \AlertSettings.channels, "where messages go, by name"),
        SettingField("rules", \AlertSettings.rules, "what is told, by name"),
        SettingField(
            "quiet_hours", \AlertSettings.quietHours, "when no rule may fire: [\"22:00-06:00\"], in UTC"),
        SettingField("delivery", \AlertSettings.delivery, "how often and how long delivery is tried"),
        SettingField(
            "keep_days", \AlertSettings.keptDays, .within(1...3650), "days for which alerts and deliveries are kept"),
    ]

    func conflicts() -> [SettingsProblem] {
        rules.sorted { $0.key < $1.key }.flatMap { name, rule in
            Set(rule.channels).subtracting(channels.keys).sorted().map {
                _ in SettingsProblem("rules.\(name).channels", "names a channel that is not among alerts.channels")
            }
        }
    }
}

/// How often and how long the delivery of a message is tried.
public struct DeliverySettings: SettingsSection {
    public var maximumAttempts = 10
    /// Seconds after which a message is not news any more.
    public var maximumAge = 6 * 3600.0
    /// Seconds: the longest first delay; it doubles with each attempt.
    public var baseDelay = 5.0
    /// Seconds: the longest delay of all.
    public var longestDelay = 600.0
    /// Seconds that one attempt may take.
    public var timeout = 10.0

    public init() {}

    static let application = SettingApplication.live

    static let fields = [
        SettingField("max_attempts", \DeliverySettings.maximumAttempts, .within(1...100), "attempts of one delivery"),
        SettingField(
            "max_age_seconds", \DeliverySettings.maximumAge, .within(1...604_800),
            "seconds after which a message is not delivered any more"),
        SettingField(
            "base_delay_seconds", \DeliverySettings.baseDelay, .within(0.01...3600),
            "seconds: the longest first delay, doubled with each attempt; the real one is drawn below it"),
        SettingField(
            "max_delay_seconds", \DeliverySettings.longestDelay, .within(0.01...86_400),
            "seconds: the longest delay between two attempts"),
        SettingField(
            "timeout_seconds", \DeliverySettings.timeout, .within(0.1...60), "seconds that one attempt may take"),
    ]

    func conflicts() -> [SettingsProblem] {
        longestDelay >= baseDelay ? [] : [SettingsProblem("max_delay_seconds", "is below base_delay_seconds")]
    }
}
