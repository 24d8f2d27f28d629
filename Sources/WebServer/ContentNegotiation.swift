/// What a client accepts, and what it already has.
enum ContentNegotiation {
    /// Whether gzip may be sent: named or covered by `*`, with a weight above zero, and not liked less than no
    /// coding at all (RFC 9110, section 12.5.3).
    static func acceptsGzip(_ acceptEncoding: [String]) -> Bool {
        var gzip: Double?
        var identity: Double?
        var anything: Double?
        for item in acceptEncoding.lazy.flatMap({ $0.split(separator: ",") }) {
            let parts = item.split(separator: ";")
            guard let name = parts.first?.trimmingSpaces().lowercased() else { continue }
            let weight = parts.dropFirst().lazy.compactMap(weight).first ?? 1
            switch name {
            case "gzip", "x-gzip": gzip = weight
            case "identity": identity = weight
            case "*": anything = weight
            default: continue
            }
        }
        guard let wanted = gzip ?? anything, wanted > 0 else { return false }
        return wanted >= (identity ?? 0)
    }

    private static func weight(_ parameter: Substring) -> Double? {
        let pair = parameter.split(separator: "=", maxSplits: 1)
        guard pair.count == 2, pair[0].trimmingSpaces().lowercased() == "q" else { return nil }
        guard let value = Double(pair[1].trimmingSpaces()), (0...1).contains(value) else { return 0 }
        return value
    }

    /// Whether an `If-None-Match` field names one of the entity tags; compares weakly, as that field demands.
    static func matches(_ ifNoneMatch: [String], anyOf tags: [String]) -> Bool {
        ifNoneMatch.lazy.flatMap(entityTags).contains { sent in
            sent == "*" || tags.contains { opaque($0) == opaque(sent) }
        }
    }

    /// The tags of a list; a comma inside quotes belongs to the tag.
    private static func entityTags(_ list: String) -> [String] {
        var tags: [String] = []
        var current = ""
        var isQuoted = false
        for character in list {
            if character == "\"" { isQuoted.toggle() }
            if character == ",", !isQuoted {
                tags.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        tags.append(current)
        return tags.map { String($0.trimmingSpaces()) }.filter { !$0.isEmpty }
    }

    private static func opaque(_ tag: String) -> Substring {
        tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
    }
}
