/// A statement and the values bound to it.
///
/// ```swift
/// let query: PostgresQuery = "SELECT apr FROM exchange_data WHERE exchange = \(exchange) AND apr > \(least)"
/// ```
/// Every `\(value)` becomes `$1`, `$2` … and travels beside the text, so no value can change the meaning of the
/// statement. A `\(query)` inside a query is inserted with its values and renumbered.
public struct PostgresQuery: ExpressibleByStringInterpolation, ExpressibleByStringLiteral, Sendable {
    /// The text with `$n` where the values belong.
    public let sql: String
    /// The values of `$1`, `$2` … in order.
    public let parameters: [PostgresParameter]
    private let fragments: [Fragment]

    enum Fragment: Sendable {
        case text(String)
        case parameter(PostgresParameter)
    }

    /// A statement without values.
    public init(stringLiteral value: String) {
        self.init(fragments: [.text(value)])
    }

    /// A statement with values.
    public init(stringInterpolation: StringInterpolation) {
        self.init(fragments: stringInterpolation.fragments)
    }

    /// A statement read from a trusted place, such as a file of the program. Never pass text a user had a say in.
    public init(trusted sql: String) {
        self.init(fragments: [.text(sql)])
    }

    init(fragments: [Fragment]) {
        var sql = ""
        var parameters: [PostgresParameter] = []
        for fragment in fragments {
            switch fragment {
            case .text(let text): sql += text
            case .parameter(let parameter):
                parameters.append(parameter)
                sql += "$\(parameters.count)"
            }
        }
        self.sql = sql
        self.parameters = parameters
        self.fragments = fragments
    }

    /// Collects the parts of an interpolated statement.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var fragments: [Fragment] = []

        /// Called by the compiler.
        public init(literalCapacity: Int, interpolationCount: Int) {
            fragments.reserveCapacity(2 * interpolationCount + 1)
        }

        /// Called by the compiler for the text between values.
        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { fragments.append(.text(literal)) }
        }

        /// Binds a value.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            fragments.append(.parameter(value.postgresParameter))
        }

        /// Binds a value, or NULL of its type.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            fragments.append(.parameter(value.postgresParameter))
        }

        /// Inserts text that is part of the program.
        public mutating func appendInterpolation(unescaped text: StaticString) {
            fragments.append(.text(text.description))
        }

        /// Inserts a name, such as a table's, quoted so that it can be nothing but a name.
        public mutating func appendInterpolation(identifier name: String) {
            let parts = name.split(separator: "\"", omittingEmptySubsequences: false)
            fragments.append(.text("\"" + parts.joined(separator: "\"\"") + "\""))
        }

        /// Inserts a part of a statement with its values, such as one condition of several.
        public mutating func appendInterpolation(_ query: PostgresQuery) {
            fragments.append(contentsOf: query.fragments)
        }
    }
}
