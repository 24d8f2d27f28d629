/// The decoded query string of a request: names are case-sensitive and may repeat.
public struct WebQuery: Sendable, Equatable {
    /// One `name=value` pair; a bare `name` has an empty value.
    public struct Item: Sendable, Equatable {
        /// The decoded name.
        public var name: String
        /// The decoded value.
        public var value: String
    }

    /// The pairs in the order they were sent.
    public private(set) var items: [Item]

    /// A query of nothing.
    public static let empty = WebQuery(items: [])

    init(items: [Item]) {
        self.items = items
    }

    /// Decodes the text after `?`; `+` is a space.
    ///
    /// - Throws: ``WebError`` with status 400 if a percent escape is malformed or does not decode to UTF-8.
    public init(_ text: String) throws(WebError) {
        var items: [Item] = []
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let name = pair[..<(equals ?? pair.endIndex)]
            let value = equals.map { pair[pair.index(after: $0)...] }
            guard
                let decodedName = PercentDecoding.decode(name, plusIsSpace: true),
                let decodedValue = value.map({ PercentDecoding.decode($0, plusIsSpace: true) }) ?? ""
            else {
                throw .badRequest("The query string holds a malformed percent escape")
            }
            items.append(Item(name: decodedName, value: decodedValue))
        }
        self.items = items
    }

    /// The first value of a name, or nil if it was not sent.
    public func first(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    /// Every value of a name, in order, as sent.
    public func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }

    /// Every value of a name, where `a=1&a=2` and `a=1,2` mean the same; blanks around items are dropped, as are
    /// empty items.
    public func list(_ name: String) -> [String] {
        all(name).flatMap { value in
            value.split(separator: ",").compactMap { item in
                let trimmed = item.trimmingSpaces()
                return trimmed.isEmpty ? nil : String(trimmed)
            }
        }
    }
}
