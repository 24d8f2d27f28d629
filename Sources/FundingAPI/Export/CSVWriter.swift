import FundingJSON

/// Writes CSV after RFC 4180: CRLF line ends, quotes where they are needed.
///
/// Spreadsheets run a cell that begins like a formula, and symbols are what an exchange says they are. Such texts get an
/// apostrophe before them (OWASP, "CSV Injection"); numbers are numbers and keep their sign.
struct CSVWriter: Sendable {
    private(set) var bytes: [UInt8] = []
    private var isFirstOfRow = true
    private static let formulaStarts: Set<UInt8> = Set("=+-@\t\r".utf8)

    mutating func header(_ names: [String]) {
        for name in names { text(name) }
        endRow()
    }

    mutating func text(_ text: String?) {
        separate()
        guard let text else { return }
        var cell = Array(text.utf8)
        if let first = cell.first, Self.formulaStarts.contains(first) { cell.insert(UInt8(ascii: "'"), at: 0) }
        guard cell.contains(where: { [UInt8(ascii: "\""), UInt8(ascii: ","), 0x0a, 0x0d].contains($0) }) else {
            bytes += cell
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in cell {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The shortest text that reads back as the same number; nothing for what is unknown.
    mutating func number(_ number: Double?) {
        separate()
        guard let number, number.isFinite else { return }
        var writer = JSONWriter()
        writer.value(number)
        bytes += writer.bytes
    }

    mutating func flag(_ flag: Bool) { text(flag ? "true" : "false") }

    mutating func endRow() {
        bytes += [0x0d, 0x0a]
        isFirstOfRow = true
    }

    /// Gives up what has been written, to be sent.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func separate() {
        if !isFirstOfRow { bytes.append(UInt8(ascii: ",")) }
        isFirstOfRow = false
    }
}
