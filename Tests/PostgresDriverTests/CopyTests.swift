import Foundation
import PostgresDriver
import Testing

@Suite("COPY", .needsPostgres)
struct CopyTests {
    private struct Broken: Error {}

    private static let table = """
        CREATE TABLE t (id int PRIMARY KEY, big bigint, small smallint, rate float8, ok bool, name text, at timestamptz,
        raw bytea, document jsonb)
        """

    @Test func hundredThousandRowsGoInAndComeOut() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script(Self.table)
            var rows = PostgresCopyRows(columns: 9, reservingRows: 100_000)
            for number in 0..<100_000 {
                rows.startRow()
                rows.append(Int32(number))
                rows.append(number * 1_000_000_007)
                rows.append(number % 3 == 0 ? nil : Int16(number % 1000))
                rows.append(Double(number) / 7)
                rows.append(number % 2 == 0)
                rows.append("資金 \(number)\n\t")
                rows.append(Date(timeIntervalSince1970: Double(number) + 0.25))
                rows.append([UInt8(truncatingIfNeeded: number)] as [UInt8]?)
                rows.append(jsonb: number % 5 == 0 ? nil : "{\"n\": \(number)}")
            }
            #expect(rows.rowCount == 100_000)
            #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", rows) == 100_000)
            let row = try await connection.query("SELECT * FROM t WHERE id = \(77_777)")[0]
            #expect(try row.decode("big") == 77_777 * 1_000_000_007)
            #expect(try row.decode("small") == 777 as Int16?)
            #expect(try row.decode("rate") == 11_111.0)
            #expect(try row.decode("name") == "資金 77777\n\t")
            #expect(try row.decode("at") == Date(timeIntervalSince1970: 77_777.25))
            #expect(try row.decode("document") == #"{"n": 77777}"#)

            let received = Received()
            try await connection.copyOut("COPY (SELECT id, rate FROM t ORDER BY id) TO STDOUT (FORMAT csv)") { chunk in
                await received.append(chunk)
            }
            let lines = String(decoding: await received.bytes, as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 100_000)
            #expect(lines[7] == "7,1")
        }
    }

    @Test func aBadRowUndoesTheWholeCopyAndLeavesTheConnectionUsable() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (id int PRIMARY KEY)")
            var rows = PostgresCopyRows(columns: 1)
            for number in 0..<200_000 {
                rows.startRow()
                rows.append(Int32(number == 1000 ? 999 : number))
            }
            let error = try await postgresError { try await connection.copyIn("COPY t FROM STDIN BINARY", rows) }
            #expect(error.sqlState == "23505")
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
            let wrong = try await postgresError { try await connection.copyIn("COPY none FROM STDIN BINARY", rows) }
            #expect(wrong.sqlState == "42P01")
            let none = PostgresCopyRows(columns: 1)
            #expect(try await connection.copyIn("COPY t FROM STDIN BINARY", none) == 0)
        }
    }

    @Test func binaryRowsComeOutAsTheyWentIn() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let taken = Taken()
            // Several chunks of it.
            let statement = """
                COPY (SELECT n::integer, n / 7::float8, to_timestamp(n + 0.25) FROM generate_series(-1000, 50000) AS n)
                  TO STDOUT (FORMAT binary)
                """
            try await connection.copyOut(statement) { try await taken.take($0) }
            #expect(await taken.chunks > 1)
            let rows = await taken.rows
            #expect(rows.map(\.0) == Array(-1000...50000))
            #expect(rows.allSatisfy { $0.1 == Double($0.0) / 7 })
            #expect(rows.allSatisfy { $0.2 == Date(timeIntervalSince1970: Double($0.0) + 0.25) })
            let none = Taken()
            try await connection.copyOut("COPY (SELECT 1, 2, 3 WHERE false) TO STDOUT (FORMAT binary)") {
                try await none.take($0)
            }
            #expect(await none.rows.isEmpty)
        }
    }

    @Test(arguments: [
        ("SELECT 1, 2::float8", "binary", "a COPY has 2 columns, not 3"),
        ("SELECT 1, 2::float8, NULL::timestamptz", "binary", "a COPY holds a value of -1 bytes, not 8"),
        ("SELECT 1::smallint, 2::float8, now()", "binary", "a COPY holds a value of 2 bytes, not 4"),
        ("SELECT 1, 2::float8, now()", "csv", "a COPY does not begin as a binary one does"),
    ])
    func rowsOfAnotherShapeAreRefused(query: String, format: String, message: String) async throws {
        try await TestDatabase.withConnection { connection async throws in
            let taken = Taken()
            let error = try await postgresError {
                try await connection.copyOut("COPY (\(query)) TO STDOUT (FORMAT \(format))") {
                    try await taken.take($0)
                }
            }
            let cause = try #require(error.underlying as? PostgresError)
            #expect(cause.kind == .decoding)
            #expect(cause.message == message)
            #expect(await taken.rows.isEmpty)
        }
    }

    @Test func rowsThatEndTooEarlyAreRefused() throws {
        var rows = PostgresCopyRows(columns: 1)
        rows.startRow()
        rows.append(Int32(7))
        var reader = PostgresCopyReader(columns: 1)
        #expect(throws: PostgresError.self) {
            try reader.read(Array(rows.fileBytes.dropLast(4))) { row throws(PostgresError) in _ = try row.integer() }
        }
    }

    private actor Taken {
        private(set) var rows: [(Int, Double, Date)] = []
        private(set) var chunks = 0
        private var reader = PostgresCopyReader(columns: 3)

        func take(_ chunk: [UInt8]) throws {
            chunks += 1
            try reader.read(chunk) { row throws(PostgresError) in
                rows.append((try row.integer(), try row.double(), try row.date()))
            }
        }
    }

    @Test func chunksMayBreakAnywhere() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (id int, name text)")
            let chunks = AsyncStream<[UInt8]> { stream in
                for byte in "1,one\n2,\"two, too\"\n3,three\n".utf8 { stream.yield([byte]) }
                stream.finish()
            }
            #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT csv)", chunks: chunks) == 3)
            let name: String = try await connection.query("SELECT name FROM t WHERE id = 2")[0].decode("name")
            #expect(name == "two, too")
        }
    }

    @Test func failingSourcesStoreNothing() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TABLE t (id int)")
            let chunks = AsyncThrowingStream<[UInt8], any Error> { stream in
                stream.yield(Array("1\n".utf8))
                stream.finish(throwing: Broken())
            }
            let error = try await postgresError { try await connection.copyIn("COPY t FROM STDIN", chunks: chunks) }
            #expect(error.kind == .cancelled)
            #expect(error.underlying is Broken)
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test func failingReceiversStopTheServer() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let statement = "COPY (SELECT repeat('x', 1000), generate_series(1, 100000000)) TO STDOUT"
            let error = try await postgresError { try await connection.copyOut(statement) { _ in throw Broken() } }
            #expect(error.underlying is Broken)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func cancelledTasksStopACopyOut() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let received = Received()
            let task = Task {
                try await connection.copyOut("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT") { chunk in
                    await received.count(chunk)
                }
            }
            try await eventually { await received.total > 0 }
            task.cancel()
            #expect(try await postgresError { try await task.value }.kind == .cancelled)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    @Test func otherStatementsHaveToWaitForTheEndOfACopy() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let error = try await postgresError { () async throws in
                try await connection.copyOut("COPY (SELECT 1) TO STDOUT") { _ in try await connection.query("SELECT 1")
                }
            }
            #expect((error.underlying as? PostgresError)?.kind == .protocolViolation)
            #expect(try await connection.query("SELECT 1").count == 1)
            let notCopy = try await postgresError { try await connection.copyOut("SELECT 1") { _ in } }
            #expect(notCopy.kind == .protocolViolation)
            #expect(try await connection.query("SELECT 1").count == 1)
        }
    }

    private actor Received {
        var bytes: [UInt8] = []
        var total = 0

        func append(_ chunk: [UInt8]) { bytes += chunk }

        func count(_ chunk: [UInt8]) { total += chunk.count }
    }
}
