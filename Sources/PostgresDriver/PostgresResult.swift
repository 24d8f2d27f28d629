import CLibpq

/// Owns a result of libpq, and frees it.
///
/// Unchecked: a result never changes once libpq has handed it out, and libpq's readers of it keep no state, so any
/// number of threads may read it. Only this class frees it, when nobody refers to it any more.
final class PostgresResult: @unchecked Sendable {
    let pointer: OpaquePointer
    let columns: [String]
    let types: [PostgresType]
    let rowCount: Int
    private let positions: [String: Int]

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        let range = 0..<PQnfields(pointer)
        // The columns of a COPY have no names.
        columns = range.map { column in PQfname(pointer, column).map { String(cString: $0) } ?? "" }
        types = range.map { PostgresType(oid: PQftype(pointer, $0)) }
        rowCount = Int(PQntuples(pointer))
        // Of two columns with one name, the first counts, as everywhere in libpq.
        positions = Dictionary(zip(columns, columns.indices), uniquingKeysWith: { first, _ in first })
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }

    /// `INSERT`, `COMMIT` …: what the server says it did.
    var command: String { String(cString: PQcmdStatus(pointer)) }

    /// Rows written, or read by a SELECT.
    var affected: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    func position(of column: String) -> Int? {
        positions[column]
    }

    /// The bytes of a cell, nil for NULL. Valid as long as this object is.
    func bytes(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(pointer, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
    }
}
