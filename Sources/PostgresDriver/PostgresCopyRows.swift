public import Foundation

/// Rows encoded for `COPY … FROM STDIN (FORMAT binary)`.
///
/// ```swift
/// var rows = PostgresCopyRows(columns: 3, reservingRows: rates.count)
/// for rate in rates {
///     rows.startRow()
///     rows.append(rate.contract)   // Int32: integer
///     rows.append(rate.time)       // Date: timestamptz
///     rows.append(rate.value)      // Double?: double precision
/// }
/// ```
/// The server checks only sizes, so each value must have exactly the column's type. A row with too many or too few
/// values is a fault of the program and stops it.
public struct PostgresCopyRows: Sendable {
    /// The number of rows started.
    public private(set) var rowCount = 0
    private var bytes: [UInt8]
    private let columns: Int
    private var missing = 0

    /// Signature, flags and the length of an empty header extension.
    static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
    /// What stands where the next row would.
    static let trailer = [UInt8](bigEndian: Int16(-1))

    /// No rows yet.
    ///
    /// - Parameters:
    ///   - columns: How many values each row has.
    ///   - reservingRows: How many rows are expected.
    public init(columns: Int, reservingRows: Int = 0) {
        precondition((1...1600).contains(columns), "A table has 1 to 1600 columns.")
        self.columns = columns
        bytes = Self.header
        bytes.reserveCapacity(Self.header.count + reservingRows * (2 + 12 * columns))
    }

    /// The size of the encoded rows, for those who send in portions.
    public var byteCount: Int { bytes.count }

    /// The rows as a file that `COPY … FROM` reads, for other tools than this driver.
    public var fileBytes: [UInt8] { bytes + Self.trailer }

    /// Begins a row; the last one must be complete.
    public mutating func startRow() {
        precondition(missing == 0, "The row before lacks \(missing) of \(columns) values.")
        bytes.append(bigEndian: Int16(columns))
        missing = columns
        rowCount += 1
    }

    /// A `smallint`.
    public mutating func append(_ value: Int16?) { append(integer: value) }

    /// An `integer`.
    public mutating func append(_ value: Int32?) { append(integer: value) }

    /// A `bigint`.
    public mutating func append(_ value: Int64?) { append(integer: value) }

    /// A `bigint`.
    public mutating func append(_ value: Int?) { append(integer: value.map { Int64($0) }) }

    /// A `double precision`.
    public mutating func append(_ value: Double?) { append(integer: value?.bitPattern) }

    /// A `timestamptz`.
    public mutating func append(_ value: Date?) {
        append(integer: value.map { PostgresTimestamp.microseconds(of: $0) })
    }

    /// A `boolean`.
    public mutating func append(_ value: Bool?) {
        append(integer: value.map { UInt8($0 ? 1 : 0) })
    }

    /// A `text`, `varchar` or `json`, or an enumeration.
    public mutating func append(_ value: String?) {
        guard var value else { return appendNull() }
        value.withUTF8 { append(raw: UnsafeRawBufferPointer($0)) }
    }

    /// A `bytea`.
    public mutating func append(_ value: [UInt8]?) {
        guard let value else { return appendNull() }
        value.withUnsafeBytes { append(raw: $0) }
    }

    /// A `jsonb`.
    public mutating func append(jsonb value: String?) {
        guard let value else { return appendNull() }
        let version: [UInt8] = [1]
        (version + value.utf8).withUnsafeBytes { append(raw: $0) }
    }

    /// NULL, of any type.
    public mutating func appendNull() {
        take()
        bytes.append(bigEndian: Int32(-1))
    }

    func withBytes(_ body: (UnsafeRawBufferPointer) throws(PostgresError) -> Void) throws(PostgresError) {
        precondition(missing == 0, "The last row lacks \(missing) of \(columns) values.")
        try bytes.withUnsafeBytesTyped(body)
    }

    private mutating func append<T: FixedWidthInteger>(integer value: T?) {
        guard let value else { return appendNull() }
        take()
        bytes.append(bigEndian: Int32(MemoryLayout<T>.size))
        bytes.append(bigEndian: value)
    }

    private mutating func append(raw value: UnsafeRawBufferPointer) {
        take()
        precondition(value.count < Int(Int32.max), "A value of \(value.count) bytes is larger than Postgres can hold.")
        bytes.append(bigEndian: Int32(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func take() {
        precondition(missing > 0, "The row has its \(columns) values already, or was not started.")
        missing -= 1
    }
}
