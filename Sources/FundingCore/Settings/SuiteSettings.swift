import FundingJSON

/// What operators may decide while the suite runs: one JSON document in Postgres, under a revision.
///
/// The document holds what was said; everything else has its default. Reading is strict: unknown keys and values of
/// another kind are problems, and all of them are told at once. Connections and secrets do not stand here: they come from
/// the environment.
public struct SuiteSettings: SettingsSection {
    public var exchanges = ExchangeSettings()
    public var dataFetching = FetchingSettings()
    public var historical = HistorySettings()
    public var scanner = ScanSettings()
    public var alerts = AlertSettings()

    /// All defaults.
    public init() {}

    static let application = SettingApplication.live

    static let fields = [
        SettingField("exchanges", \SuiteSettings.exchanges, "which exchanges are read, and when"),
        SettingField("data_fetching", \SuiteSettings.dataFetching, "how live rates are read"),
        SettingField("historical", \SuiteSettings.historical, "how settled payments are read"),
        SettingField("scanner", \SuiteSettings.scanner, "which spreads are worth showing"),
        SettingField("alerts", \SuiteSettings.alerts, "what is told to whom"),
    ]

    static let hints = [
        "database": "is no setting: connections come from the environment, as DATABASE_URL",
        "output": "is no setting: files are written by fundingctl export and by the programs' --output",
        "debug": "is no setting: LOG_LEVEL and LOG_FORMAT in the environment say what is logged",
    ]

    /// Reads a document. Where something is wrong the default stands in, and the problem is in the list; a document with
    /// problems must not be put to use.
    public static func read(_ document: [UInt8]) -> (settings: SuiteSettings, problems: [SettingsProblem]) {
        do {
            let root = try JSONDocument(document, limits: .settings).root
            var problems: [SettingsProblem] = []
            let settings = required(root, at: "", &problems) ?? SuiteSettings()
            return (settings, problems + settings.validate())
        } catch {
            return (SuiteSettings(), [SettingsProblem("", "\(error)")])
        }
    }

    /// Everything that is wrong with values of the right kind.
    public func validate() -> [SettingsProblem] { problems(at: "") }

    /// The document that says everything, defaults included.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 4096)
        write(to: &writer)
        return writer.bytes
    }

    /// What is different in other settings: the paths of all keys with another value, and when that takes effect.
    public func changes(to other: SuiteSettings) -> [(path: String, application: SettingApplication)] {
        Self.fields.flatMap { field in
            field.changes(self, other, field.name).map { (path: $0, application: field.application) }
        }
    }

    /// Everything that can be set.
    public static var descriptions: [SettingDescription] { descriptions(at: "") }
}

extension JSONLimits {
    /// The largest settings document: some hundred rules.
    static let settings = JSONLimits(maximumBytes: 256 << 10, maximumDepth: 16, maximumValues: 50_000)
}
