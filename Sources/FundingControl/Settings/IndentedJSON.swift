import FundingJSON

/// JSON for eyes: a member a line; lists and objects without anything inside stay on theirs.
enum IndentedJSON {
    static func text(_ value: JSONView) -> String { text(value, indent: "") }

    private static func text(_ value: JSONView, indent: String) -> String {
        let inner = indent + "  "
        let (lines, open, close): ([String], String, String) =
            switch value.kind {
            case .object:
                (value.members.map { "\(quoted($0.key)): \(text($0.value, indent: inner))" }, "{", "}")
            case .array: (value.elements.map { text($0, indent: inner) }, "[", "]")
            default: ([], "", "")
            }
        guard !lines.isEmpty else { return value.rawText }
        return "\(open)\n" + lines.map { inner + $0 }.joined(separator: ",\n") + "\n\(indent)\(close)"
    }

    private static func quoted(_ key: String) -> String {
        var writer = JSONWriter()
        writer.value(key)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
