/// One value as the server sent it, in the binary form of its type.
public struct PostgresCell: Sendable {
    private let result: PostgresResult
    private let row: Int
    private let column: Int
    /// Set for an element of an array: where in the cell it lies (nil range: NULL).
    private var element: (type: PostgresType, range: Range<Int>?)?

    init(result: PostgresResult, row: Int, column: Int) {
        self.result = result
        self.row = row
        self.column = column
    }

    /// The name of the column, for messages.
    public var columnName: String { result.columns[column] }
    /// The type the server gave the value.
    public var type: PostgresType { element?.type ?? result.types[column] }
    /// Whether the value is NULL.
    public var isNull: Bool { raw == nil }

    private var raw: UnsafeRawBufferPointer? {
        guard let whole = result.bytes(row: row, column: column) else { return nil }
        guard let element else { return whole }
        return element.range.map { UnsafeRawBufferPointer(rebasing: whole[$0]) }
    }

    /// Lends the bytes of the value.
    ///
    /// - Throws: `decoding` naming the column if the value is NULL, and what `body` throws.
    public func withBytes<T>(_ body: (UnsafeRawBufferPointer) throws(PostgresError) -> T) throws(PostgresError) -> T {
        defer { withExtendedLifetime(result) {} }
        guard let raw else {
            throw PostgresError(.decoding, "column \"\(columnName)\" is NULL in row \(row)")
        }
        return try body(raw)
    }

    /// The error for a value that is not what `wanted` asks for.
    public func mismatch(_ wanted: String) -> PostgresError {
        PostgresError(.decoding, "column \"\(columnName)\" of type \(type) cannot be read as \(wanted) (row \(row))")
    }

    /// Takes a one-dimensional array apart.
    func elements<T>(_ decode: (PostgresCell) throws(PostgresError) -> T) throws(PostgresError) -> [T] {
        try withBytes { bytes throws(PostgresError) in
            guard let dimensions: Int32 = bytes.bigEndian(at: 0), let oid: UInt32 = bytes.bigEndian(at: 8),
                Self.arrays.contains(type) || type.isUserDefined, dimensions <= 1
            else { throw mismatch("an array") }
            guard dimensions == 1 else { return [] }
            guard let count: Int32 = bytes.bigEndian(at: 12), count >= 0 else { throw mismatch("an array") }
            var values: [T] = []
            values.reserveCapacity(Int(count))
            var offset = 20
            for _ in 0..<count {
                guard let length: Int32 = bytes.bigEndian(at: offset), Int(length) <= bytes.count - offset - 4
                else { throw mismatch("an array") }
                offset += 4
                var cell = self
                cell.element = (PostgresType(oid: oid), length < 0 ? nil : offset..<(offset + Int(length)))
                values.append(try decode(cell))
                offset += Int(max(length, 0))
            }
            return values
        }
    }

    /// bool, bytea, "char", name, int2, int4, text, varchar, int8, float4, float8, numeric, json, jsonb, uuid, oid,
    /// timestamp, timestamptz, date: the arrays of the types this driver reads.
    private static let arrays: Set<PostgresType> = {
        let oids: [UInt32] = [
            199, 1000, 1001, 1002, 1003, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1028, 1115, 1182, 1185, 1231,
            2951, 3807,
        ]
        return Set(oids.map { PostgresType(oid: $0) })
    }()
}
