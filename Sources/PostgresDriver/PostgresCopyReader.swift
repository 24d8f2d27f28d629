public import Foundation

/// Reads the rows that `COPY … TO STDOUT (FORMAT binary)` sends, from the chunks that `copyOut` hands over: the leanest
/// way to read very many.
///
/// ```swift
/// var reader = PostgresCopyReader(columns: 2)
/// try await connection.copyOut("COPY prices TO STDOUT (FORMAT binary)") { chunk in
///     try reader.read(chunk) { row throws(PostgresError) in
///         prices[try row.integer()] = try row.double()
///     }
/// }
/// ```
/// The server does not tell the columns' types: each value must be read as what it is, and only its size is checked.
public struct PostgresCopyReader: Sendable {
    private let columns: Int
    private var isBegun = false

    /// - Parameter columns: How many values each row has.
    public init(columns: Int) { self.columns = columns }

    /// The values of one row, to be read from the first to the last.
    public struct Row {
        private let bytes: UnsafeRawBufferPointer
        fileprivate var offset: Int

        fileprivate init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            self.bytes = bytes
            self.offset = offset
        }

        /// An `integer`, which must not be NULL.
        public mutating func integer() throws(PostgresError) -> Int { Int(try value(Int32.self)) }

        /// A `double precision`, which must not be NULL.
        public mutating func double() throws(PostgresError) -> Double { Double(bitPattern: try value(UInt64.self)) }

        /// A `timestamptz`, which must not be NULL.
        public mutating func date() throws(PostgresError) -> Date {
            PostgresTimestamp.date(microseconds: try value(Int64.self))
        }

        private mutating func value<T: FixedWidthInteger>(_ type: T.Type) throws(PostgresError) -> T {
            let size: Int32 = try next()
            guard size == MemoryLayout<T>.size else {
                throw PostgresError(.decoding, "a COPY holds a value of \(size) bytes, not \(MemoryLayout<T>.size)")
            }
            return try next()
        }

        fileprivate mutating func next<T: FixedWidthInteger>() throws(PostgresError) -> T {
            guard let number: T = bytes.bigEndian(at: offset) else {
                throw PostgresError(.decoding, "a COPY ends within a row")
            }
            offset += MemoryLayout<T>.size
            return number
        }
    }

    /// Reads a chunk of whole rows. Each row must be read to its end.
    /// - Throws: `decoding` if the bytes are not such rows, and what `body` throws.
    public mutating func read(
        _ chunk: [UInt8], _ body: (inout Row) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        try chunk.withUnsafeBytesTyped { bytes throws(PostgresError) in
            var offset = 0
            if !isBegun {
                guard bytes.starts(with: PostgresCopyRows.header) else {
                    throw PostgresError(.decoding, "a COPY does not begin as a binary one does")
                }
                offset = PostgresCopyRows.header.count
                isBegun = true
            }
            while offset < bytes.count {
                var row = Row(bytes, at: offset)
                let count: Int16 = try row.next()
                if count >= 0 {
                    guard count == columns else {
                        throw PostgresError(.decoding, "a COPY has \(count) columns, not \(columns)")
                    }
                    try body(&row)
                }
                offset = row.offset
            }
        }
    }
}
