import PostgresDriver

/// Where one kind of file goes: how a row becomes a row of the temporary table `transfer_rows`, and how that table is
/// merged into the suite's.
protocol TransferTarget: Sendable {
    static var kind: TransferKind { get }
    /// The columns of `transfer_rows`; the first is `line bigint`.
    static var staging: String { get }
    static var stagingColumns: Int { get }
    /// What may stand once in a file, as SQL.
    static var key: String { get }

    /// Reads what is needed to read rows.
    init(_ connection: PostgresConnection) async throws
    /// Appends a row, or throws before anything of it was appended.
    mutating func stage(_ record: CSVRecord, _ reader: RowReader, into rows: inout PostgresCopyRows) throws(RowFault)
    /// What has to be there before the merge and cannot be part of its transaction.
    func prepare(_ connection: PostgresConnection) async throws
    /// Merges all staged rows, in a transaction.
    func merge(_ connection: PostgresConnection) async throws -> (inserted: Int, updated: Int)
}

extension TransferTarget {
    func prepare(_ connection: PostgresConnection) async throws {}
}

/// Finds a contract's integer key. Files are sorted by contract as a rule, so the last answer is asked for most.
struct ContractKeys: Sendable {
    private var keys: [String: Int32] = [:]
    private var lastExchange: [UInt8] = []
    private var lastSymbol: [UInt8] = []
    private var lastKey: Int32?

    init(_ connection: PostgresConnection) async throws {
        for row in try await connection.query("SELECT id, exchange, symbol FROM contract_metadata") {
            let name = Self.name(try row.decode("exchange"), try row.decode("symbol"))
            keys[name] = try row.decode("id")
        }
    }

    /// The key of the contract that the first two columns of a file name.
    mutating func key(_ record: CSVRecord, _ reader: RowReader) throws(RowFault) -> Int32 {
        if let lastKey, let exchange = reader.bytes(0, of: record), let symbol = reader.bytes(1, of: record),
            exchange.elementsEqual(lastExchange), symbol.elementsEqual(lastSymbol)
        {
            return lastKey
        }
        let exchange = try reader.name(0, of: record)
        let symbol = try reader.name(1, of: record)
        guard let key = keys[Self.name(exchange, symbol)] else {
            throw RowFault(
                "the contract \(exchange.prefix(40)) \(symbol.prefix(60)) is unknown: import contracts first")
        }
        lastExchange = Array(exchange.utf8)
        lastSymbol = Array(symbol.utf8)
        lastKey = key
        return key
    }

    private static func name(_ exchange: String, _ symbol: String) -> String { exchange + "\u{1F}" + symbol }
}
