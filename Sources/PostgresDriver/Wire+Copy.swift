import CLibpq
import Glibc

extension Wire {
    /// How much is handed to libpq before it must be sent.
    private static let chunkSize = 256 * 1024

    /// Starts a COPY; the server then waits for data or is about to send it.
    func startCopy(
        _ statement: String, expecting status: ExecStatusType, _ token: CancelToken
    ) throws(PostgresError) {
        let query = PostgresQuery(trusted: statement)
        try Self.check(query)
        try send(query)
        try flush(token)
        guard let result = try nextResult(token) else { throw PostgresError(connection: connection) }
        switch result.status {
        case status: return
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // The other direction: nothing was exchanged yet, but only the end of the session undoes it for both.
            abandon()
            throw PostgresError(.protocolViolation, "the COPY goes in the other direction")
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            try finish(token)
            throw PostgresError(.protocolViolation, "the statement is no COPY FROM STDIN or TO STDOUT")
        default:
            let failure = PostgresError(result: result.pointer, connection: connection)
            try finish(token)
            throw failure
        }
    }

    /// Sends data in bounded portions.
    func sendCopy(_ data: UnsafeRawBufferPointer, _ token: CancelToken) throws(PostgresError) {
        var rest = data[...]
        while !rest.isEmpty {
            let portion = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.chunkSize))
            let bytes = portion.bindMemory(to: CChar.self)
            switch PQputCopyData(connection, bytes.baseAddress, Int32(bytes.count)) {
            case 1:
                rest = rest.dropFirst(bytes.count)
                try flush(token)
            case 0:
                try flush(token)
            default:
                throw PostgresError(connection: connection)
            }
        }
    }

    /// Ends a COPY in: with success, or with a reason for the server to undo it.
    ///
    /// - Returns: The number of rows stored.
    func endCopy(reason: String? = nil, _ token: CancelToken) throws(PostgresError) -> Int {
        while true {
            let status = PQputCopyEnd(connection, reason)
            if status == 1 { break }
            guard status == 0 else { throw PostgresError(connection: connection) }
            try flush(token)
        }
        try flush(token)
        return try lastResult(token).affected
    }

    /// Appends what has arrived of a COPY out, waiting for the first row; about `chunkSize` bytes at most.
    ///
    /// - Returns: False at the end, after which only the result is left to read.
    func receiveCopy(into chunk: inout [UInt8], _ token: CancelToken) throws(PostgresError) -> Bool {
        while chunk.count < Self.chunkSize {
            var row: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(connection, &row, 1)
            if length > 0, let row {
                chunk.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
                PQfreemem(row)
            } else if length == 0 {
                guard chunk.isEmpty else { return true }
                try wait(for: POLLIN, token)
                if PQconsumeInput(connection) == 0 { throw PostgresError(connection: connection) }
            } else if length == -1 {
                return false
            } else {
                throw PostgresError(connection: connection)
            }
        }
        return true
    }

    /// Reads the rest of the answer, whatever it says.
    func finish(_ token: CancelToken) throws(PostgresError) {
        while try nextResult(token) != nil && !isBroken {}
    }
}
