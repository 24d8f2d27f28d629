import CLibpq

extension PostgresError {
    /// The error a result carries. A result without a SQLSTATE was made by libpq itself.
    init(result: OpaquePointer, connection: OpaquePointer) {
        func field(_ field: pgdriver_error_field) -> String? {
            pgdriver_result_field(result, field).map { String(cString: $0) }
        }
        let state = field(PGDRIVER_SQLSTATE)
        let message = field(PGDRIVER_MESSAGE) ?? Self.oneLine(PQresultErrorMessage(result))
        let severity = field(PGDRIVER_SEVERITY)
        if severity == "FATAL" || severity == "PANIC" || PQstatus(connection) == CONNECTION_BAD {
            self.init(.connectionLost, message)
            reportedState = state
        } else {
            self.init(state.map { .server(sqlState: $0) } ?? .protocolViolation, message)
        }
        detail = field(PGDRIVER_DETAIL)
        hint = field(PGDRIVER_HINT)
        schema = field(PGDRIVER_SCHEMA)
        table = field(PGDRIVER_TABLE)
        column = field(PGDRIVER_COLUMN)
        constraint = field(PGDRIVER_CONSTRAINT)
    }

    /// The error of a call that libpq itself refused.
    init(connection: OpaquePointer) {
        let kind: Kind = PQstatus(connection) == CONNECTION_BAD ? .connectionLost : .protocolViolation
        self.init(kind, Self.oneLine(PQerrorMessage(connection)))
    }

    /// The error of an attempt to connect, made with verbose messages so that they hold the SQLSTATE.
    init(refused connection: OpaquePointer, by server: String) {
        let text = Self.oneLine(PQerrorMessage(connection))
        self.init(.connect, "cannot connect to \(server): \(text)")
        reportedState = Self.sqlState(inVerbose: text)
    }

    /// libpq's message without line breaks and without the server's source location.
    private static func oneLine(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "no message" }
        let lines = String(cString: message).split(whereSeparator: \.isNewline)
        let words = lines.filter { !$0.hasPrefix("LOCATION:") }.map { $0.drop(while: \.isWhitespace) }
        let text = words.joined(separator: "; ")
        return text.isEmpty ? "no message" : text
    }

    /// Finds `28P01` in `FATAL:  28P01: password authentication failed`; the words may be in any language.
    static func sqlState(inVerbose text: String) -> String? {
        let bytes = Array(text.utf8)
        let space = UInt8(ascii: " ")
        let colon = UInt8(ascii: ":")
        guard bytes.count >= 9 else { return nil }
        for start in stride(from: bytes.count - 9, through: 0, by: -1)
        where bytes[start] == colon && bytes[start + 1] == space && bytes[start + 2] == space {
            let state = bytes[(start + 3)..<(start + 8)]
            let isState = state.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
            if isState && bytes[start + 8] == colon { return String(decoding: state, as: UTF8.self) }
        }
        return nil
    }
}
