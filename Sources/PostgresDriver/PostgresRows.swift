/// What a statement returned; reads cells when asked, so an unused column costs nothing.
public struct PostgresRows: RandomAccessCollection, Sendable {
    let result: PostgresResult

    /// The names of the columns, in order.
    public var columns: [String] { result.columns }
    /// The number of rows returned.
    public var count: Int { result.rowCount }
    /// The number of rows the statement wrote (or, for a SELECT, returned).
    public var affected: Int { result.affected }

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rowCount }

    /// The row at a position from 0.
    public subscript(position: Int) -> PostgresRow {
        precondition(indices.contains(position), "Row \(position) of a result of \(count) rows.")
        return PostgresRow(result: result, index: position)
    }
}

/// One row of a result.
public struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int

    /// The value in the column of that name.
    ///
    /// - Throws: `decoding` if there is no such column, the value is of another type, or it is NULL and `T` is not
    ///   optional.
    public func decode<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard let position = result.position(of: column) else {
            let names = result.columns.joined(separator: ", ")
            throw PostgresError(.decoding, "there is no column \"\(column)\" among \(names.prefix(200))")
        }
        return try T.decode(PostgresCell(result: result, row: index, column: position))
    }

    /// The value in the column at a position from 0.
    ///
    /// - Throws: As the one by name.
    public func decode<T: PostgresDecodable>(_ column: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard result.columns.indices.contains(column) else {
            throw PostgresError(.decoding, "there is no column \(column) among \(result.columns.count)")
        }
        return try T.decode(PostgresCell(result: result, row: index, column: column))
    }
}
