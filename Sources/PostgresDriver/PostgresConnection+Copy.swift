import CLibpq

extension PostgresConnection {
    /// Stores rows in the binary form, the fastest way into a table.
    ///
    /// - Parameters:
    ///   - statement: `COPY table (columns) FROM STDIN (FORMAT binary)`; the rows must have exactly the columns' types.
    ///   - rows: The rows; none is allowed.
    /// - Returns: The number of rows stored: all of them, or an error is thrown and the server undoes the statement.
    @discardableResult
    public func copyIn(_ statement: String, _ rows: PostgresCopyRows) async throws(PostgresError) -> Int {
        try await perform { wire, token throws(PostgresError) in
            try wire.startCopy(statement, expecting: PGRES_COPY_IN, token)
            try rows.withBytes { bytes throws(PostgresError) in try wire.sendCopy(bytes, token) }
            try PostgresCopyRows.trailer.withUnsafeBytesTyped { bytes throws(PostgresError) in
                try wire.sendCopy(bytes, token)
            }
            return try wire.endCopy(token)
        }
    }

    /// Stores what a sequence of chunks holds, in the statement's own format, such as CSV. Lines may be split anywhere
    /// between chunks.
    ///
    /// - Returns: The number of rows stored.
    /// - Throws: `cancelled` with `underlying` set if the sequence throws; nothing is stored then.
    @discardableResult
    public func copyIn<Chunks: AsyncSequence & Sendable>(
        _ statement: String, chunks: Chunks
    ) async throws(PostgresError) -> Int where Chunks.Element == [UInt8] {
        try await converse { wire, token throws(PostgresError) in
            try wire.startCopy(statement, expecting: PGRES_COPY_IN, token)
            var failure: PostgresError?
            do {
                for try await chunk in chunks {
                    guard !token.isCancelled else { break }
                    try chunk.withUnsafeBytesTyped { bytes throws(PostgresError) in try wire.sendCopy(bytes, token) }
                }
                if token.isCancelled { failure = PostgresError(.cancelled, "the task was cancelled during a COPY") }
            } catch let error as PostgresError where error.kind == .connectionLost {
                throw error
            } catch {
                failure = PostgresError(.cancelled, "the source of a COPY failed")
                failure?.underlying = error
            }
            guard let failure else { return try wire.endCopy(token) }
            do throws(PostgresError) {
                _ = try wire.endCopy(reason: failure.message, token)
            } catch {
                // The server confirms with 57014 that it has undone the statement; anything else is news.
                guard error.sqlState == "57014" else { throw error }
            }
            throw failure
        }
    }

    /// Reads a table or a query in the statement's own format.
    ///
    /// - Parameters:
    ///   - statement: `COPY table TO STDOUT (FORMAT csv)`
    ///   - receive: Gets chunks of whole rows, about 256 KiB at most; the server waits while it runs.
    /// - Throws: `cancelled` with `underlying` set if `receive` throws.
    public func copyOut(
        _ statement: String, _ receive: @Sendable ([UInt8]) async throws -> Void
    ) async throws(PostgresError) {
        try await converse { wire, token throws(PostgresError) in
            try wire.startCopy(statement, expecting: PGRES_COPY_OUT, token)
            var isOpen = true
            while isOpen {
                var chunk: [UInt8] = []
                isOpen = try wire.receiveCopy(into: &chunk, token)
                guard !chunk.isEmpty else { continue }
                do {
                    try await receive(chunk)
                } catch {
                    if isOpen { token.cancel() }
                    try drain(wire, isOpen: isOpen, token)
                    var failure = PostgresError(.cancelled, "the receiver of a COPY failed")
                    failure.underlying = error
                    throw failure
                }
            }
            _ = try wire.lastResult(token)
        }
    }

    /// Reads past what the server sent before it heard that nobody listens.
    private func drain(_ wire: Wire, isOpen: Bool, _ token: CancelToken) throws(PostgresError) {
        do throws(PostgresError) {
            var isOpen = isOpen
            while isOpen {
                var unwanted: [UInt8] = []
                isOpen = try wire.receiveCopy(into: &unwanted, token)
            }
            _ = try wire.lastResult(token)
        } catch {
            guard error.sqlState == "57014" else { throw error }
        }
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, which throws untyped.
    func withUnsafeBytesTyped<T>(
        _ body: (UnsafeRawBufferPointer) throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        let outcome: Result<T, PostgresError> = withUnsafeBytes { bytes in
            do throws(PostgresError) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
