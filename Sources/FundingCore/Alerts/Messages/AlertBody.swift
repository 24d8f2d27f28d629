import FundingJSON

/// The JSON body that a service wants for a message.
public enum AlertBody {
    /// - Parameter chatID: Telegram only.
    public static func encoded(_ message: AlertMessage, for service: AlertChannel.Service, chatID: String?) -> [UInt8] {
        switch service {
        case .webhook: webhook(message)
        case .telegram: telegram(AlertText(message), chatID ?? "")
        case .discord: discord(AlertText(message))
        case .slack: slack(AlertText(message))
        }
    }

    /// Alerts told one by one in a body: a rule that is true of every pair must not make one of megabytes.
    private static let mostAlerts = 200

    /// Everything, for programs: `key` is the same at every attempt, so that a receiver can tell what it has had before;
    /// each alert has a key of its own as well.
    private static func webhook(_ message: AlertMessage) -> [UInt8] {
        let first = message.decisions[0]
        var writer = JSONWriter(reservingCapacity: 400 + min(message.decisions.count, mostAlerts) * 500)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "alert")
        writer.field("key", message.key)
        writer.field("event", first.kind == .ended ? "ended" : "fired")
        writer.field("rule", first.rule)
        writer.field("rule_kind", first.ruleKind.rawValue)
        writer.field("ts", Timestamp.text(first.at))
        writer.field("text", AlertText(message).text(within: 4000, length: \.utf16.count) { $0 })
        writer.key("alerts")
        writer.beginArray()
        for decision in message.decisions.prefix(mostAlerts) { decision.write(to: &writer) }
        writer.endArray()
        writer.field("omitted", max(0, message.decisions.count - mostAlerts))
        writer.endObject()
        return writer.bytes
    }

    /// `sendMessage` takes 1 to 4096 characters after its entities are parsed, which are counted in UTF-16; in HTML mode
    /// `<`, `>` and `&` must be escaped: https://core.telegram.org/bots/api#sendmessage and #html-style.
    private static func telegram(_ text: AlertText, _ chatID: String) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        writer.field("chat_id", chatID)
        writer.field(
            "text",
            text.text(within: 4096, length: \.utf16.count, headline: { "<b>\($0)</b>" }, escape: escapedForMarkup))
        writer.field("parse_mode", "HTML")
        writer.key("link_preview_options")
        writer.beginObject()
        writer.field("is_disabled", true)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// `content` has up to 2000 characters; with an empty `parse` nobody is mentioned whatever the text says:
    /// https://discord.com/developers/docs/resources/webhook#execute-webhook
    private static func discord(_ text: AlertText) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        writer.field(
            "content",
            text.text(within: 2000, length: \.utf16.count, headline: { "**\($0)**" }, escape: escapedForMarkdown))
        writer.key("allowed_mentions")
        writer.beginObject()
        writer.key("parse")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// `&`, `<` and `>` must be written as entities, and those three only; longer texts than 4000 characters are split:
    /// https://api.slack.com/docs/message-formatting. With `mrkdwn` false a `*` in a symbol stays a `*`.
    private static func slack(_ text: AlertText) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        writer.field("text", text.text(within: 4000, length: \.utf16.count, escape: escapedForMarkup))
        writer.field("mrkdwn", false)
        writer.endObject()
        return writer.bytes
    }

    private static func escapedForMarkup(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static func escapedForMarkdown(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if "\\*_~`|<>#[]".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
    }
}

extension AlertDecision {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("key", key)
        writer.field("episode", episode)
        writer.key("subject")
        writer.beginObject()
        subject.write(to: &writer)
        writer.endObject()
        writer.field("value", value)
        writer.field("threshold", threshold)
        writer.key("facts")
        writer.beginObject()
        writeFacts(to: &writer)
        writer.endObject()
        writer.endObject()
    }
}
