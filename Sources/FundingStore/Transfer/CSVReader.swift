/// Takes CSV apart as it comes in, record by record: RFC 4180, lines ended by LF or CR LF, an optional byte order mark.
///
/// Only one record is in memory at a time. What breaks the rules inside one record makes a record with a `fault`; the
/// next line is read as if nothing had happened.
struct CSVReader {
    /// A record may not be longer: a quotation mark that is never closed would make one of the rest of the file.
    static let recordLimit = 1 << 20

    private enum State { case fieldStart, plain, quoted, quoteInQuoted, faulty }

    private var state = State.fieldStart
    private var record = CSVRecord()
    private var line = 1
    private var isAfterReturn = false
    private var prefix: [UInt8] = []
    private var isStarted = false

    /// Reads what has arrived and calls `body` for every record that is complete.
    mutating func read(_ chunk: [UInt8], _ body: (CSVRecord) throws -> Void) throws {
        guard !isStarted else { return try consume(chunk, body) }
        prefix += chunk
        guard prefix.count >= 3 else { return }
        try start(body)
    }

    /// Reads the last record, which may lack its line end.
    mutating func finish(_ body: (CSVRecord) throws -> Void) throws {
        if !isStarted { try start(body) }
        if state == .quoted { throw StoreError("line \(record.line): the quoted field has no end") }
        if state != .fieldStart || !record.isEmpty { try endRecord(body) }
    }

    private mutating func start(_ body: (CSVRecord) throws -> Void) throws {
        isStarted = true
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let first = prefix
        prefix = []
        try consume(first.starts(with: mark) ? Array(first.dropFirst(3)) : first, body)
    }

    private mutating func consume(_ chunk: [UInt8], _ body: (CSVRecord) throws -> Void) throws {
        for byte in chunk {
            if byte == UInt8(ascii: "\n") { line += 1 }
            // A CR belongs to the line end if an LF follows, and to the field otherwise.
            if isAfterReturn {
                isAfterReturn = false
                if byte != UInt8(ascii: "\n") { try take(UInt8(ascii: "\r"), body) }
            }
            if byte == UInt8(ascii: "\r"), state != .quoted {
                isAfterReturn = true
            } else {
                try take(byte, body)
            }
            guard record.bytes.count < Self.recordLimit else {
                throw StoreError(
                    "line \(record.line): the record is longer than \(Self.recordLimit) bytes; is a quote open?")
            }
        }
    }

    private mutating func take(_ byte: UInt8, _ body: (CSVRecord) throws -> Void) throws {
        let isQuote = byte == UInt8(ascii: "\"")
        switch state {
        case .quoted:
            if isQuote { state = .quoteInQuoted } else { record.bytes.append(byte) }
        case .quoteInQuoted where isQuote:
            record.bytes.append(byte)
            state = .quoted
        case .fieldStart where isQuote:
            record.isQuoted = true
            state = .quoted
        case _ where byte == UInt8(ascii: "\n"):
            try endRecord(body)
        case .faulty:
            break
        case _ where byte == UInt8(ascii: ","):
            record.endField()
            state = .fieldStart
        case .quoteInQuoted:
            fault("text follows the closing quotation mark")
        case .fieldStart, .plain:
            if isQuote { return fault("a quotation mark stands inside an unquoted field") }
            record.bytes.append(byte)
            state = .plain
        }
    }

    private mutating func fault(_ reason: String) {
        record.fault = reason
        state = .faulty
    }

    private mutating func endRecord(_ body: (CSVRecord) throws -> Void) throws {
        isAfterReturn = false
        let isBlank = state == .fieldStart && record.isEmpty
        state = .fieldStart
        record.endField()
        if !isBlank { try body(record) }
        record.reset(line: line)
    }
}

/// One record: its fields without their quotation marks.
struct CSVRecord {
    /// The line it begins in, counted from 1.
    private(set) var line = 1
    fileprivate(set) var bytes: [UInt8] = []
    /// Why the record cannot be read.
    fileprivate(set) var fault: String?
    fileprivate var isQuoted = false
    private var fields: [(range: Range<Int>, isQuoted: Bool)] = []

    var count: Int { fields.count }

    /// The bytes of a field; nil for nothing at all, which is NULL, while `""` is an empty text.
    subscript(position: Int) -> ArraySlice<UInt8>? {
        let field = fields[position]
        return field.range.isEmpty && !field.isQuoted ? nil : bytes[field.range]
    }

    fileprivate var isEmpty: Bool { bytes.isEmpty && fields.isEmpty && !isQuoted }

    fileprivate mutating func endField() {
        fields.append(((fields.last?.range.upperBound ?? 0)..<bytes.count, isQuoted))
        isQuoted = false
    }

    fileprivate mutating func reset(line: Int) {
        self.line = line
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        fault = nil
        isQuoted = false
    }
}
