/// Reads a document once from front to back and writes its tape.
///
/// There is no recursion and no stack: an open container's node holds the index of the one around it, so depth costs
/// nothing but the nodes themselves.
struct TapeBuilder {
    private(set) var tape: [JSONNode] = []
    private let limits: JSONLimits

    /// The tape index of the innermost open container.
    private var container = 0
    /// The elements or members that container has so far.
    private var count = 0
    /// The byte that closes it.
    private var closer: UInt8 = 0
    private var depth = 0

    init(limits: JSONLimits) {
        self.limits = limits
    }

    mutating func build(from source: Span<UInt8>) throws(JSONError) {
        var offset = try begin(source)
        values: while true {
            let byte = source.byte(at: offset)
            switch byte {
            case UInt8(ascii: "\""):
                offset = try appendString(source, from: offset)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                offset = try appendNumber(source, from: offset)
            case UInt8(ascii: "{"):
                try open(.object, closedBy: UInt8(ascii: "}"), at: offset)
                offset = source.skippingWhitespace(from: offset + 1)
                guard source.byte(at: offset) == closer else {
                    offset = try appendKey(source, from: offset)
                    continue values
                }
                offset = close(at: offset)
            case UInt8(ascii: "["):
                try open(.array, closedBy: UInt8(ascii: "]"), at: offset)
                offset = source.skippingWhitespace(from: offset + 1)
                guard source.byte(at: offset) == closer else { continue values }
                offset = close(at: offset)
            default:
                offset = try appendLiteral(source, startingWith: byte, from: offset)
            }
            guard let next = try advance(source, from: offset) else { return }
            offset = next
        }
    }

    /// Checks what can be told before the first value, and finds it.
    private mutating func begin(_ source: Span<UInt8>) throws(JSONError) -> Int {
        let maximumBytes = min(limits.maximumBytes, JSONLimits.addressableBytes)
        guard source.count <= maximumBytes else { throw JSONError(.tooLarge(limit: maximumBytes), at: maximumBytes) }
        if source.byte(at: 0) == 0xEF, source.byte(at: 1) == 0xBB, source.byte(at: 2) == 0xBF {
            throw JSONError(.byteOrderMark, at: 0)
        }
        let offset = source.skippingWhitespace(from: 0)
        guard offset < source.count else { throw JSONError(.empty, at: offset) }
        tape.reserveCapacity(max(0, min(source.count / 8 + 1, limits.maximumValues)))
        return offset
    }

    /// A value has ended: closes what ends with it and finds the next one. Returns nil at the end of the document.
    private mutating func advance(_ source: Span<UInt8>, from end: Int) throws(JSONError) -> Int? {
        var offset = source.skippingWhitespace(from: end)
        while depth > 0 {
            count += 1
            let byte = source.byte(at: offset)
            if byte == UInt8(ascii: ",") {
                offset = source.skippingWhitespace(from: offset + 1)
                return closer == UInt8(ascii: "}") ? try appendKey(source, from: offset) : offset
            }
            guard byte == closer else { throw source.unexpected(at: offset) }
            offset = source.skippingWhitespace(from: close(at: offset))
        }
        guard offset == source.count else { throw JSONError(.trailingContent, at: offset) }
        return nil
    }

    private mutating func open(_ kind: JSONKind, closedBy byte: UInt8, at offset: Int) throws(JSONError) {
        guard depth < limits.maximumDepth else {
            throw JSONError(.tooDeep(limit: limits.maximumDepth), at: offset)
        }
        if depth > 0 { tape[container].count = count }
        let index = tape.count
        try append(JSONNode(kind, start: offset, end: offset, next: container))
        depth += 1
        container = index
        count = 0
        closer = byte
    }

    /// Closes the innermost container, whose last byte is at `offset`, and returns the offset behind it.
    private mutating func close(at offset: Int) -> Int {
        let outer = Int(tape[container].next)
        tape[container].count = count
        tape[container].end = UInt32(truncatingIfNeeded: offset + 1)
        tape[container].next = UInt32(truncatingIfNeeded: tape.count)
        depth -= 1
        container = outer
        if depth > 0 {
            count = tape[outer].count
            closer = tape[outer].kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
        }
        return offset + 1
    }

    /// Reads `"key" :` and the whitespace behind it.
    private mutating func appendKey(_ source: Span<UInt8>, from offset: Int) throws(JSONError) -> Int {
        guard source.byte(at: offset) == UInt8(ascii: "\"") else { throw source.unexpected(at: offset) }
        let colon = source.skippingWhitespace(from: try appendString(source, from: offset))
        guard source.byte(at: colon) == UInt8(ascii: ":") else { throw source.unexpected(at: colon) }
        return source.skippingWhitespace(from: colon + 1)
    }

    private mutating func appendString(_ source: Span<UInt8>, from quote: Int) throws(JSONError) -> Int {
        let string = try StringScan(source, from: quote + 1)
        try append(
            JSONNode(.string, start: quote + 1, end: string.end, next: tape.count + 1, isEscaped: string.isEscaped)
        )
        return string.end + 1
    }

    private mutating func appendNumber(_ source: Span<UInt8>, from offset: Int) throws(JSONError) -> Int {
        let number = NumberScan(source, offset..<source.count)
        guard number.isValid else {
            throw JSONError(number.end < source.count ? .invalidNumber : .unexpectedEnd, at: number.end)
        }
        try append(JSONNode(.number, start: offset, end: number.end, next: tape.count + 1))
        return number.end
    }

    private mutating func appendLiteral(
        _ source: Span<UInt8>, startingWith byte: UInt8, from offset: Int
    ) throws(JSONError) -> Int {
        let word: StaticString
        let kind: JSONKind
        switch byte {
        case UInt8(ascii: "t"): (word, kind) = ("true", .bool)
        case UInt8(ascii: "f"): (word, kind) = ("false", .bool)
        case UInt8(ascii: "n"): (word, kind) = ("null", .null)
        default: throw source.unexpected(at: offset)
        }
        for index in 0..<word.utf8CodeUnitCount where source.byte(at: offset + index) != word.utf8Start[index] {
            throw JSONError(offset + index < source.count ? .invalidLiteral : .unexpectedEnd, at: offset + index)
        }
        let end = offset + word.utf8CodeUnitCount
        try append(JSONNode(kind, start: offset, end: end, next: tape.count + 1))
        return end
    }

    @inline(__always)
    private mutating func append(_ node: JSONNode) throws(JSONError) {
        guard tape.count < limits.maximumValues else {
            throw JSONError(.tooManyValues(limit: limits.maximumValues), at: Int(node.start))
        }
        tape.append(node)
    }
}
