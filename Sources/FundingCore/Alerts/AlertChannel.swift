/// Where messages go. What must stay secret is named, not told: the environment holds it.
public struct AlertChannel: SettingsSection {
    /// What understands the message.
    public enum Service: String, SettingChoice, CaseIterable, Sendable {
        /// Any HTTP server: a JSON document that says everything.
        case webhook
        case telegram, discord, slack
    }

    public var service = Service.webhook
    public var isEnabled = true
    /// The variable with the address; Telegram's is known and only its token is secret.
    public var urlVariable: String?
    /// The variable with the bot's token; Telegram only.
    public var tokenVariable: String?
    /// The variable with the value of the header `Authorization`; webhooks only.
    public var authorizationVariable: String?
    /// The chat, as a number or `@name`; Telegram only.
    public var chatID: String?

    public init() {}

    static let application = SettingApplication.live

    static let fields = [
        SettingField(
            "service", \AlertChannel.service, isRequired: true, "what understands the message"),
        SettingField("enabled", \AlertChannel.isEnabled, "whether anything is sent"),
        SettingField(
            "url_env", \AlertChannel.urlVariable, .given(.secretVariable),
            "the environment variable with the webhook's address"),
        SettingField(
            "token_env", \AlertChannel.tokenVariable, .given(.secretVariable),
            "the environment variable with the bot's token; telegram only"),
        SettingField(
            "authorization_env", \AlertChannel.authorizationVariable, .given(.secretVariable),
            "the environment variable with the value of the header Authorization; webhook only"),
        SettingField(
            "chat_id", \AlertChannel.chatID,
            .given(
                .pattern("a chat's number or @name") { (1...64).contains($0.utf8.count) && $0.allSatisfy(\.isASCII) }),
            "the chat; telegram only"),
    ]

    static let hints = [
        "url": secretHint("url_env"), "webhook_url": secretHint("url_env"), "token": secretHint("token_env"),
        "authorization": secretHint("authorization_env"),
    ]

    /// The only variables that a channel may name: anybody who may change settings could else have the password of the
    /// database sent to a server of theirs.
    public static let variablePrefix = "FUNDING_ALERT_"

    private static func secretHint(_ key: String) -> String {
        "secrets do not stand here: put it into an environment variable \(variablePrefix)… and name that in \(key)"
    }

    /// The variables that must be set for the channel to work.
    public var variables: [String] { [urlVariable, tokenVariable, authorizationVariable].compactMap { $0 } }

    func conflicts() -> [SettingsProblem] {
        let given = [
            ("url_env", urlVariable != nil), ("token_env", tokenVariable != nil),
            ("authorization_env", authorizationVariable != nil), ("chat_id", chatID != nil),
        ]
        let (needed, possible): (Set<String>, Set<String>) =
            switch service {
            case .webhook: (["url_env"], ["url_env", "authorization_env"])
            case .telegram: (["token_env", "chat_id"], ["token_env", "chat_id"])
            case .discord, .slack: (["url_env"], ["url_env"])
            }
        return given.compactMap { key, isGiven in
            if needed.contains(key), !isGiven {
                return SettingsProblem(key, "is missing, \(service.rawValue) needs it")
            }
            if isGiven, !possible.contains(key) { return SettingsProblem(key, "means nothing to \(service.rawValue)") }
            return nil
        }
    }
}

extension SettingBound where Value == String {
    fileprivate static var secretVariable: Self {
        .pattern("the name of an environment variable that begins with \(AlertChannel.variablePrefix)") { name in
            (AlertChannel.variablePrefix.utf8.count + 1...100).contains(name.utf8.count)
                && name.hasPrefix(AlertChannel.variablePrefix)
                && name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
        }
    }
}
