import CLibpq

extension Wire {
    /// Runs one statement with its values.
    func query(_ query: PostgresQuery, _ token: CancelToken) throws(PostgresError) -> PostgresRows {
        try Self.check(query)
        try send(query)
        try flush(token)
        return PostgresRows(result: try lastResult(token))
    }

    /// Runs any number of statements without values in one round trip; their rows are dropped.
    func script(_ sql: String, _ token: CancelToken) throws(PostgresError) {
        try Self.refuseNUL(sql)
        guard PQsendQuery(connection, sql) == 1 else { throw PostgresError(connection: connection) }
        try flush(token)
        _ = try lastResult(token)
    }

    /// Runs several statements in one round trip, up to the first that fails.
    func pipeline(_ queries: [PostgresQuery], _ token: CancelToken) throws(PostgresError) -> [PostgresRows] {
        // Before anything is queued, as what is queued cannot be taken back.
        for query in queries { try Self.check(query) }
        guard PQenterPipelineMode(connection) == 1 else { throw PostgresError(connection: connection) }
        for query in queries { try send(query) }
        guard PQpipelineSync(connection) == 1 else { throw PostgresError(connection: connection) }
        try flush(token)
        let rows = try pipelineResults(count: queries.count, token)
        guard PQexitPipelineMode(connection) == 1 else {
            abandon()
            throw PostgresError(connection: connection)
        }
        return try rows.get()
    }

    /// Reads until the synchronisation point; the outer error means the connection is lost, the inner one is a
    /// statement's.
    private func pipelineResults(
        count: Int, _ token: CancelToken
    ) throws(PostgresError) -> Result<[PostgresRows], PostgresError> {
        var rows: [PostgresRows] = []
        rows.reserveCapacity(count)
        var failure: PostgresError?
        // A nil ends one statement; libpq has one more result for the synchronisation point.
        while true {
            guard let result = try nextResult(token) else {
                guard !isBroken else { break }
                continue
            }
            switch result.status {
            case PGRES_PIPELINE_SYNC:
                return failure.map { .failure($0) } ?? .success(rows)
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                rows.append(PostgresRows(result: result))
            case PGRES_PIPELINE_ABORTED:
                break
            case PGRES_FATAL_ERROR:
                if failure == nil {
                    failure = PostgresError(result: result.pointer, connection: connection)
                    failure?.pipelineIndex = rows.count
                }
            default:
                abandon()
                throw PostgresError(.protocolViolation, "COPY cannot be part of a pipeline")
            }
            if isBroken { break }
        }
        abandon()
        var lost = failure ?? PostgresError(.connectionLost, "the connection was lost during a pipeline")
        lost.becomeConnectionLost()
        throw lost
    }

    /// Queues one statement; the values keep their binary form.
    func send(_ query: PostgresQuery) throws(PostgresError) {
        let bound = BoundParameters(query.parameters)
        let status = bound.withPointers { types, values, lengths, formats in
            PQsendQueryParams(
                connection, query.sql, Int32(query.parameters.count), types, values, lengths, formats, 1)
        }
        guard status == 1 else { throw PostgresError(connection: connection) }
    }

    /// Refuses what libpq would cut short or the protocol cannot carry.
    static func check(_ query: PostgresQuery) throws(PostgresError) {
        guard query.parameters.count <= Int(UInt16.max) else {
            throw PostgresError(.protocolViolation, "\(query.parameters.count) values in one statement; 65535 fit")
        }
        try refuseNUL(query.sql)
        for parameter in query.parameters where parameter.isText {
            guard let bytes = parameter.bytes, bytes.contains(0) else { continue }
            throw PostgresError.containsNUL
        }
    }

    private static func refuseNUL(_ sql: String) throws(PostgresError) {
        if sql.utf8.contains(0) { throw PostgresError.containsNUL }
    }
}

extension PostgresError {
    /// What the server would say, had C's strings let the byte through instead of ending there.
    static var containsNUL: PostgresError {
        PostgresError(.server(sqlState: "22021"), "invalid byte sequence for encoding \"UTF8\": 0x00")
    }
}

/// The values of a statement in one block of memory, laid out as libpq wants them.
private struct BoundParameters {
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var types: [Oid] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ parameters: [PostgresParameter]) {
        for parameter in parameters {
            types.append(parameter.type.oid)
            lengths.append(Int32(parameter.bytes?.count ?? 0))
            formats.append(parameter.isText ? 0 : 1)
            offsets.append(parameter.bytes == nil ? nil : bytes.count)
            guard let value = parameter.bytes else { continue }
            bytes.append(contentsOf: value)
            // Text ends with a zero, as C has it.
            bytes.append(0)
        }
    }

    func withPointers<T>(
        _ body: (
            UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> T
    ) -> T {
        bytes.withUnsafeBytes { raw in
            let values = offsets.map { offset in
                offset.flatMap { raw.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            return body(types, values, lengths, formats)
        }
    }
}
