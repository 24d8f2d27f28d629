/// Writes JSON straight into bytes, putting in commas and escapes itself.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.field("symbol", contract.symbol)
///     writer.key("settlements")
///     writer.beginArray()
///     …
///     writer.endArray()
///     writer.endObject()
///
/// A call that would break the document (a value without its key, an end without its beginning) is an error of the
/// program and stops it.
public struct JSONWriter: Sendable {
    /// What has been written so far; a whole document when `isComplete`.
    public private(set) var bytes: [UInt8] = []

    private enum Scope { case array, object }

    /// The open arrays and objects around the innermost one.
    private var outerScopes: [Scope?] = []
    /// The innermost open one; nil at the top.
    private var scope: Scope?
    /// Whether the next key or element has one before it.
    private var needsComma = false
    /// Whether a key waits for its value.
    private var hasKey = false

    /// A writer with room for `capacity` bytes before it has to grow.
    public init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Whether exactly one whole value has been written.
    public var isComplete: Bool { scope == nil && needsComma }

    /// Forgets what was written but keeps the memory, for the next line of a stream.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        outerScopes.removeAll(keepingCapacity: true)
        scope = nil
        needsComma = false
        hasKey = false
    }

    /// Opens an object, as a value.
    public mutating func beginObject() {
        begin(.object, with: UInt8(ascii: "{"))
    }

    /// Closes the innermost object.
    public mutating func endObject() {
        precondition(scope == .object && !hasKey, "endObject needs an open object whose last key has its value")
        end(with: UInt8(ascii: "}"))
    }

    /// Opens an array, as a value.
    public mutating func beginArray() {
        begin(.array, with: UInt8(ascii: "["))
    }

    /// Closes the innermost array.
    public mutating func endArray() {
        precondition(scope == .array, "endArray needs an open array")
        end(with: UInt8(ascii: "]"))
    }

    /// Writes the key of the next member.
    public mutating func key(_ key: String) {
        beginKey()
        bytes.appendJSONString(key)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes the key of the next member.
    public mutating func key(_ key: StaticString) {
        beginKey()
        key.withUTF8Buffer { bytes.appendJSONString($0.span) }
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes `null`.
    public mutating func null() {
        raw("null")
    }

    /// Splices in bytes that are one whole JSON value already, such as a document that was encoded before. They are
    /// not checked.
    public mutating func raw(_ json: some Collection<UInt8>) {
        withValue { $0.append(contentsOf: json) }
    }

    /// Splices in text that is one whole JSON value already, such as a number as the database wrote it. It is not
    /// checked.
    public mutating func raw(_ json: String) {
        withValue { $0.append(contentsOf: json.utf8) }
    }

    /// Writes one scalar: what stands before it, then what `write` appends.
    mutating func withValue(_ write: (inout [UInt8]) -> Void) {
        beginValue()
        write(&bytes)
        needsComma = true
    }

    private mutating func begin(_ kind: Scope, with byte: UInt8) {
        beginValue()
        bytes.append(byte)
        outerScopes.append(scope)
        scope = kind
        needsComma = false
    }

    private mutating func end(with byte: UInt8) {
        bytes.append(byte)
        scope = outerScopes.removeLast()
        needsComma = true
    }

    private mutating func beginKey() {
        precondition(scope == .object && !hasKey, "a key needs an open object whose last key has its value")
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        hasKey = true
    }

    private mutating func beginValue() {
        switch scope {
        case .object:
            precondition(hasKey, "a value in an object needs a key")
            hasKey = false
        case .array:
            if needsComma { bytes.append(UInt8(ascii: ",")) }
        case nil:
            precondition(!needsComma, "a document holds one value")
        }
    }
}
