public import Foundation
public import PostgresDriver

/// Writes tables as CSV: RFC 4180 quoting, LF line ends, NULL as an empty field, numbers in the shortest form that
/// reads back bit by bit, times as RFC 3339 in UTC with microseconds, rows in the order of their natural keys.
public struct TransferExport: Sendable {
    /// Only these exchanges; all if nil.
    public var exchanges: [String]?
    /// Only history from this time on.
    public var from: Date?
    /// Only history before this time.
    public var to: Date?

    public init(exchanges: [String]? = nil, from: Date? = nil, to: Date? = nil) {
        self.exchanges = exchanges
        self.from = from
        self.to = to
    }

    /// Writes one kind of file.
    ///
    /// - Parameters:
    ///   - connection: in a `readOnlySnapshot` transaction, so that several files fit each other.
    ///   - receive: gets chunks of whole lines, the header first.
    public func write(
        _ kind: TransferKind, _ connection: PostgresConnection,
        to receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await connection.query("SET LOCAL extra_float_digits = 1")
        // A COPY takes no parameters: what the user said reaches it through settings of the transaction.
        try await connection.query(
            "SELECT set_config('transfer.exchanges', \((exchanges ?? []).joined(separator: ",")), true)")
        try await receive(Array((kind.columns.joined(separator: ",") + "\n").utf8))
        switch kind {
        case .contracts:
            try await copy("SELECT \(Self.list(kind, of: ["": "m"])) FROM contract_metadata m", connection, receive)
        case .live:
            let columns = Self.list(kind, of: ["": "d", "exchange": "m", "symbol": "m"])
            try await copy(
                "SELECT \(columns) FROM exchange_data d JOIN contract_metadata m ON m.id = d.contract_id", connection,
                receive)
        case .history:
            try await writeHistory(connection, receive)
        }
    }

    /// One statement for each contract reads along the primary key; one for all would have to sort everything.
    private func writeHistory(
        _ connection: PostgresConnection, _ receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await connection.query(
            """
            SELECT set_config('transfer.from', coalesce(\(from), '-infinity')::text, true),
                   set_config('transfer.to', coalesce(\(to), 'infinity')::text, true)
            """
        )
        let contracts = try await connection.query(
            """
            SELECT m.id FROM contract_metadata m
             WHERE \(Self.isWanted)
             ORDER BY m.exchange COLLATE "C", m.symbol COLLATE "C"
            """
        )
        let columns = Self.list(.history, of: ["": "h", "exchange": "m", "symbol": "m"])
        for contract in contracts {
            let id: Int = try contract.decode("id")
            try await connection.copyOut(
                """
                COPY (SELECT \(columns)
                        FROM funding_rates_historical h JOIN contract_metadata m ON m.id = h.contract_id
                       WHERE h.contract_id = \(id) AND m.id = \(id)
                         AND h.funding_time >= current_setting('transfer.from')::timestamptz
                         AND h.funding_time < current_setting('transfer.to')::timestamptz
                       ORDER BY h.funding_time) TO STDOUT (FORMAT csv)
                """, receive
            )
        }
    }

    private func copy(
        _ select: String, _ connection: PostgresConnection,
        _ receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await connection.copyOut(
            """
            COPY (\(select) WHERE \(Self.isWanted.sql)
                   ORDER BY m.exchange COLLATE "C", m.symbol COLLATE "C") TO STDOUT (FORMAT csv)
            """, receive
        )
    }

    private static let isWanted: PostgresQuery = """
        (current_setting('transfer.exchanges') = ''
         OR m.exchange = ANY (string_to_array(current_setting('transfer.exchanges'), ',')))
        """

    /// The columns of a file, each from its table (`""` names the table of all others).
    private static func list(_ kind: TransferKind, of tables: [String: String]) -> String {
        kind.columns.map { column in
            let name = "\(tables[column] ?? tables[""] ?? "").\(column)"
            if TransferKind.times.contains(column) {
                return #"to_char(\#(name) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#
            }
            return column == "is_continuous" ? "\(name)::text" : name
        }.joined(separator: ", ")
    }
}
