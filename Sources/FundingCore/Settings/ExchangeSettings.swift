/// Which exchanges are read, and when. What the command line says goes first.
public struct ExchangeSettings: SettingsSection {
    /// Exchanges to be read, or not, other than they are by default.
    public var enabled: [String: Bool] = [:]
    /// A schedule's name, or delays of one's own: what `funding-collector --schedule` takes.
    public var schedule = "parallel"

    public init() {}

    static let application = SettingApplication.restart

    static let fields = [
        SettingField(
            "enabled", \ExchangeSettings.enabled,
            "exchanges to be read, or not, other than they are by default, such as {\"kraken\": true}"),
        SettingField(
            "schedule", \ExchangeSettings.schedule,
            .pattern("a schedule's name or delays such as binance=0,kucoin=30") { (1...500).contains($0.utf8.count) },
            "when each exchange's turn is: parallel, default, fast, conservative, priority, or seconds of one's own"),
    ]
}

/// How live rates are read. What the command line says goes first.
public struct FetchingSettings: SettingsSection {
    /// Seconds between two polls of a feed.
    public var pollInterval = 30
    /// Whether what exchanges push is listened to.
    public var streams = true

    public init() {}

    static let application = SettingApplication.restart

    static let fields = [
        SettingField(
            "poll_interval_seconds", \FetchingSettings.pollInterval, .within(1...3600),
            "seconds between two polls of a feed"),
        SettingField("streams", \FetchingSettings.streams, "whether what exchanges push is listened to"),
    ]
}

/// How settled payments are read. What the command line says goes first.
public struct HistorySettings: SettingsSection {
    /// How many days back history is to be complete.
    public var windowDays = 30

    public init() {}

    static let application = SettingApplication.restart

    static let fields = [
        SettingField(
            "window_days", \HistorySettings.windowDays, .within(1...3650),
            "how many days back history is to be complete")
    ]
}
