public import PostgresDriver

/// Reads CSV as `TransferExport` writes it into the tables.
///
/// Rows are checked and copied into a temporary table in portions, however long the file is, and merged from there in
/// one transaction: killed before it commits, an import has changed nothing. Importing a file again changes nothing. A
/// known value is never replaced by an empty field.
public struct TransferImport: Sendable {
    /// Import nothing if a row is rejected.
    public var isStrict: Bool
    /// Hears of the first rejects, `rejectLimit` of them.
    public var rejected: @Sendable (TransferReject) -> Void
    /// Hears how far a long import has come.
    public var progressed: @Sendable (String) -> Void

    /// How many rejects are told one by one; all are counted.
    public static let rejectLimit = 20
    /// Bytes of rows that are sent at a time.
    private static let portion = 4 << 20
    /// An import of fewer rows needs no progress lines.
    private static let rowsToTell = 1_000_000

    public init(
        isStrict: Bool = false, rejected: @escaping @Sendable (TransferReject) -> Void = { _ in },
        progressed: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.isStrict = isStrict
        self.rejected = rejected
        self.progressed = progressed
    }

    /// Imports one file.
    ///
    /// - Parameters:
    ///   - connection: outside of a transaction, without a statement timeout.
    ///   - next: the file's next bytes, split anywhere; nil at its end.
    /// - Throws: `TransferRefused`; `StoreError` for a header or a file that cannot be read; what `next` throws.
    public func read(
        _ kind: TransferKind, _ connection: PostgresConnection,
        from next: nonisolated(nonsending) () async throws -> [UInt8]?
    ) async throws -> TransferReport {
        switch kind {
        case .contracts: try await read(ContractsTarget(connection), connection, next)
        case .live: try await read(LiveTarget(connection), connection, next)
        case .history: try await read(HistoryTarget(connection), connection, next)
        }
    }

    private func read<Target: TransferTarget>(
        _ target: Target, _ connection: PostgresConnection,
        _ next: nonisolated(nonsending) () async throws -> [UInt8]?
    ) async throws -> TransferReport {
        try await connection.script(
            "DROP TABLE IF EXISTS transfer_rows; CREATE TEMP TABLE transfer_rows (\(Target.staging))")
        var (target, report) = try await stage(target, connection, next)
        try await rejectRepeated(Target.key, connection, &report)
        if isStrict && report.rejected > 0 { throw TransferRefused(report: report) }
        try await target.prepare(connection)
        let merging = target
        let (inserted, updated) = try await connection.transaction { try await merging.merge($0) }
        try await connection.script("DROP TABLE transfer_rows")
        report.inserted = inserted
        report.updated = updated
        report.unchanged = report.rows - report.rejected - inserted - updated
        return report
    }

    private func stage<Target: TransferTarget>(
        _ target: Target, _ connection: PostgresConnection,
        _ next: nonisolated(nonsending) () async throws -> [UInt8]?
    ) async throws -> (Target, TransferReport) {
        var target = target
        var report = TransferReport()
        var csv = CSVReader()
        var reader: RowReader?
        var rows = PostgresCopyRows(columns: Target.stagingColumns)
        var told = 0
        func take(_ record: CSVRecord) throws {
            guard let reader else {
                reader = try RowReader(columns: Target.kind.columns, header: record)
                return
            }
            report.rows += 1
            do throws(RowFault) {
                try reader.check(record)
                try target.stage(record, reader, into: &rows)
            } catch {
                reject(record.line, error.reason, &report)
            }
        }
        while let chunk = try await next() {
            try csv.read(chunk, take)
            guard rows.byteCount >= Self.portion else { continue }
            try await connection.copyIn("COPY transfer_rows FROM STDIN (FORMAT binary)", rows)
            rows = PostgresCopyRows(columns: Target.stagingColumns)
            guard report.rows >= told + Self.rowsToTell else { continue }
            told = report.rows
            progressed("\(told) rows read")
        }
        try csv.finish(take)
        guard reader != nil else {
            throw StoreError("the file is empty: expected a header with \(Target.kind.columns.joined(separator: ", "))")
        }
        try await connection.copyIn("COPY transfer_rows FROM STDIN (FORMAT binary)", rows)
        if told > 0 { progressed("all \(report.rows) rows read, storing them") }
        try await connection.script("ANALYZE transfer_rows")
        return (target, report)
    }

    /// Of rows with the same key, the first stands: a file that says two things says nothing.
    private func rejectRepeated(
        _ key: String, _ connection: PostgresConnection, _ report: inout TransferReport
    ) async throws {
        let rows = try await connection.query(
            PostgresQuery(
                trusted: """
                    WITH repeated AS (
                        SELECT line, first
                          FROM (SELECT line, first_value(line) OVER (PARTITION BY \(key) ORDER BY line) AS first
                                  FROM transfer_rows) AS numbered
                         WHERE line <> first
                    ), gone AS (
                        DELETE FROM transfer_rows t USING repeated r WHERE t.line = r.line RETURNING r.line, r.first
                    )
                    SELECT line, first, count(*) OVER () AS total FROM gone ORDER BY line LIMIT \(Self.rejectLimit)
                    """
            )
        )
        for row in rows {
            reject(try row.decode("line"), "the same key as in line \(try row.decode("first", as: Int.self))", &report)
        }
        if let first = rows.first { report.rejected += try first.decode("total", as: Int.self) - rows.count }
    }

    private func reject(_ line: Int, _ reason: String, _ report: inout TransferReport) {
        report.rejected += 1
        if report.rejected <= Self.rejectLimit { rejected(TransferReject(line: line, reason: reason)) }
    }
}
