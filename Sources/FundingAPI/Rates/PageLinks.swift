import WebServer

/// The `Link` field of a list that came in part (RFC 8288).
enum PageLinks {
    /// - Parameter query: the request's own, whose other parameters are kept.
    /// - Returns: nil if the whole list fits.
    static func field(path: String, query: WebQuery, offset: Int, limit: Int, total: Int) -> String? {
        guard total > 0, offset > 0 || total > limit else { return nil }
        let kept = query.items.filter { !["offset", "limit", "page", "page_size"].contains($0.name) }
            .map { "\(escaped($0.name))=\(escaped($0.value))&" }.joined()
        func link(_ relation: String, _ offset: Int) -> String {
            "<\(path)?\(kept)limit=\(limit)&offset=\(offset)>; rel=\"\(relation)\""
        }
        var links = [link("first", 0)]
        if offset > 0 { links.append(link("prev", max(0, offset - limit))) }
        if offset + limit < total { links.append(link("next", offset + limit)) }
        links.append(link("last", (total - 1) / limit * limit))
        return links.joined(separator: ", ")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                result.append(Character(UnicodeScalar(byte)))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count < 2 ? "0" : "") + hex
            }
        }
        return result
    }
}
