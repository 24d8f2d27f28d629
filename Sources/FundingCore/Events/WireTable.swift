import FundingJSON

/// Rows that an event tells by the thousand: the columns are named once, and each row is a list of scalars in their order.
/// With the names in every row, these would be most of the event, for everyone who hears it to read and compare.
struct WireTable {
    /// The names of the columns, which make up a version of the event.
    let columns: [String]

    func write(to writer: inout JSONWriter) { writer.list("columns", columns) }

    /// - Throws: `EventError` unless the event names the same columns.
    func check(_ event: JSONView) throws {
        let found = try event.list("columns").map { try $0.text(in: "columns") }
        guard found == columns else {
            throw EventError(description: "expected the columns \(columns), found \(found)")
        }
    }

    /// The rows of a member of the event.
    func rows<Row>(_ member: String, of event: JSONView, _ read: (inout WireRow) throws -> Row) throws -> [Row] {
        try event.list(member).map { json in
            var row = try WireRow(json, of: self)
            return try read(&row)
        }
    }
}

/// The values of one row, read in the order of its columns.
struct WireRow {
    private let columns: [String]
    private var values: JSONElements.Iterator
    private var place = 0

    fileprivate init(_ json: JSONView, of table: WireTable) throws {
        guard json.kind == .array, json.elements.count == table.columns.count else {
            throw EventError(description: "expected \(table.columns.count) values, found \(json.excerpt)")
        }
        columns = table.columns
        values = json.elements.makeIterator()
    }

    /// The next value read by `read`, or an error that names its column.
    mutating func next<Value>(_ read: (JSONView) -> Value?) throws -> Value {
        try required(values.next(), read)
    }

    /// The same where the value may be `null`, but not malformed.
    mutating func optional<Value>(_ read: (JSONView) -> Value?) throws -> Value? {
        let json = values.next()
        if let json, json.isNull {
            place += 1
            return nil
        }
        return try required(json, read)
    }

    mutating func text() throws -> String { try next(\.string) }

    private mutating func required<Value>(_ json: JSONView?, _ read: (JSONView) -> Value?) throws -> Value {
        guard let json, let value = read(json) else {
            let column = place < columns.count ? columns[place] : "beyond the last"
            let found = json?.excerpt ?? "absent"
            throw EventError(description: "event column \(column) is missing or malformed: \(found)")
        }
        place += 1
        return value
    }
}
