/// A parsed JSON document: the bytes as they came and a tape that says where each value lies in them.
///
/// Parsing is one pass without recursion. It checks everything that RFC 8259 and UTF-8 demand, so a view never meets a
/// malformed value; it converts nothing, so numbers keep their exact text and strings cost nothing until asked for.
///
///     let document = try JSONDocument(body)
///     guard let list = document.root["result"]?["list"] else { … }
///     for row in list.elements {
///         let rate = row["fundingRate"]?.decimal
///     }
///
/// Stricter than the RFC where it leaves a choice: a byte order mark, escaped lone surrogates and anything that is not
/// UTF-8 are refused. Duplicate keys are accepted and the last one wins, as in every browser's `JSON.parse`.
public final class JSONDocument: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let tape: [JSONNode]

    /// Parses a whole document; whitespace around the value is allowed, anything else around it is not.
    public init(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        var builder = TapeBuilder(limits: limits)
        try builder.build(from: bytes.span)
        self.bytes = bytes
        tape = builder.tape
    }

    /// Parses a document that is at hand as text.
    public convenience init(_ text: String, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(Array(text.utf8), limits: limits)
    }

    /// The document's one value.
    @inlinable public var root: JSONView { JSONView(self, at: 0) }
}
