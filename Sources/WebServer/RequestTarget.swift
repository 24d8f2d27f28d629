/// The target of a request line, split and decoded once.
struct RequestTarget {
    var rawPath: String
    var rawQuery: String
    var path: String
    var segments: [String]

    /// Splits origin form (`/a?b`), absolute form (`http://host/a?b`) and the asterisk of `OPTIONS *`.
    ///
    /// - Throws: ``WebError`` with status 400 for anything else and for malformed percent escapes.
    init(_ target: String) throws(WebError) {
        var rest = target[...]
        if rest.utf8.first != UInt8(ascii: "/"), let scheme = rest.range(of: "://") {
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex)...]
        }
        if let fragment = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
        let question = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let rawPath = rest[..<(question ?? rest.endIndex)]
        self.rawPath = rawPath.isEmpty ? "/" : String(rawPath)
        self.rawQuery = question.map { String(rest[rest.utf8.index(after: $0)...]) } ?? ""
        guard self.rawPath == "*" || self.rawPath.utf8.first == UInt8(ascii: "/") else {
            throw .badRequest("The request's target must be a path")
        }
        var segments: [String] = []
        for raw in self.rawPath.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = PercentDecoding.decode(raw) else {
                throw .badRequest("The path holds a malformed percent escape")
            }
            segments.append(segment)
        }
        path = self.rawPath == "*" ? "*" : "/" + segments.joined(separator: "/")
        if segments.last?.isEmpty == true { segments.removeLast() }
        self.segments = segments
    }
}

extension Substring {
    /// Where a short text first stands; the standard library alone has no such search on Linux.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
