import FundingCore
import FundingJSON
import WebServer

/// What one request says, read through the endpoint's own declarations. Reading collects what is wrong, so that a client
/// learns of every fault at once; what nobody asks for is ignored.
struct Arguments {
    let request: WebRequest
    /// Tells which exchanges there are.
    let shown: MarketView.Shared
    /// The body's object, for endpoints that take one; nil if nothing was sent.
    let body: JSONView?
    private let declared: Set<String>
    private var issues: [ValidationError.Issue] = []

    /// The longest text a parameter may have.
    private static let longestText = 200
    /// The most items of one list.
    private static let mostItems = 200

    /// - Parameters:
    ///   - names: of all that the endpoint declares.
    ///   - shown: tells which exchanges there are.
    init(_ request: WebRequest, declaring names: Set<String>, in shown: MarketView.Shared, body: JSONView?) {
        self.request = request
        self.shown = shown
        self.body = body
        declared = names
    }

    /// Whether the endpoint reads what is sent by that name.
    func isDeclared(_ name: String) -> Bool { declared.contains(name) }

    /// The value of a parameter. One that the endpoint does not declare is a bug in the program and traps.
    subscript<Value>(parameter: Parameter<Value>) -> Value {
        mutating get {
            let declaration = parameter.declaration
            precondition(declared.contains(declaration.name), "\(declaration.name) is not declared")
            if !declaration.isList {
                refuseRepetition(of: declaration)
                if !declaration.aliases.isEmpty { readUnused(parameter) }
            }
            return parameter.read(&self, declaration)
        }
    }

    /// Which one of several values is meant is nothing to guess.
    private mutating func refuseRepetition(of declaration: ParameterDeclaration) {
        guard declaration.place == .query else { return }
        for name in [declaration.name] + declaration.aliases {
            let values = request.query.all(name)
            guard values.count > 1 else { continue }
            report("value_error", declaration, "Input should be given once", values.joined(separator: ", "))
        }
    }

    /// What is sent under a second name has no effect, and must make sense all the same.
    private mutating func readUnused<Value>(_ parameter: Parameter<Value>) {
        var other = parameter.declaration
        other.aliases = []
        let names = [other.name] + parameter.declaration.aliases
        let given = names.filter { name in
            other.name = name
            return isGiven(other)
        }
        for name in given.dropFirst() {
            other.name = name
            _ = parameter.read(&self, other)
        }
    }

    /// Whether the client says anything of it.
    func isGiven(_ declaration: ParameterDeclaration) -> Bool { raw(declaration) != nil }

    /// Throws all faults met so far.
    func finish() throws(ValidationError) {
        guard issues.isEmpty else { throw ValidationError(issues: issues) }
    }

    mutating func report(_ type: String, _ declaration: ParameterDeclaration, _ message: String, _ input: String) {
        issues.append(
            ValidationError.Issue(
                type: type, parameter: declaration.name, message: message,
                input: String(input.prefix(Self.longestText)), place: declaration.place.rawValue)
        )
    }

    // MARK: Kinds of values

    mutating func integer(_ declaration: ParameterDeclaration, in bounds: ClosedRange<Int>) -> Int? {
        guard let said = raw(declaration) else { return nil }
        guard let number = said.integer else {
            report("int_parsing", declaration, "Input should be a valid integer", said.excerpt)
            return nil
        }
        guard bounds.contains(number) else {
            reportBounds(
                "\(bounds.lowerBound)", "\(bounds.upperBound)", isLow: number < bounds.lowerBound, declaration, said)
            return nil
        }
        return number
    }

    mutating func number(_ declaration: ParameterDeclaration, in bounds: ClosedRange<Double>? = nil) -> Double? {
        guard let said = raw(declaration) else { return nil }
        guard let number = said.number, number.isFinite else {
            report("float_parsing", declaration, "Input should be a valid finite number", said.excerpt)
            return nil
        }
        if let bounds, !bounds.contains(number) {
            reportBounds(
                "\(bounds.lowerBound)", "\(bounds.upperBound)", isLow: number < bounds.lowerBound, declaration, said)
            return nil
        }
        return number
    }

    private mutating func reportBounds(
        _ least: String, _ most: String, isLow: Bool, _ declaration: ParameterDeclaration, _ said: Said
    ) {
        report(
            isLow ? "greater_than_equal" : "less_than_equal", declaration,
            "Input should be \(isLow ? "greater than or equal to \(least)" : "less than or equal to \(most)")",
            said.excerpt
        )
    }

    mutating func flag(_ declaration: ParameterDeclaration) -> Bool? {
        guard let said = raw(declaration) else { return nil }
        if let flag = said.flag { return flag }
        report("bool_parsing", declaration, "Input should be a valid boolean", said.excerpt)
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ declaration: ParameterDeclaration) -> Choice?
    where Choice.RawValue == String {
        guard let said = raw(declaration) else { return nil }
        if let choice = said.text.flatMap({ Choice(rawValue: $0.trimmed.lowercased()) }) { return choice }
        let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        report("enum", declaration, "Input should be one of \(words)", said.excerpt)
        return nil
    }

    /// A text without blanks at its ends; nil if nothing is said, or it is too long.
    /// - Parameter mayBeEmpty: an empty text says something too.
    mutating func text(_ declaration: ParameterDeclaration, mayBeEmpty: Bool = false) -> String? {
        guard let said = raw(declaration) else { return nil }
        guard let text = said.text?.trimmed else {
            report("string_type", declaration, "Input should be a string", said.excerpt)
            return nil
        }
        guard isStorable(text, declaration) else { return nil }
        return text.isEmpty && !mayBeEmpty ? nil : text
    }

    /// A text, or the digits of a whole number.
    mutating func textOrNumber(_ declaration: ParameterDeclaration) -> String? {
        if case .json(let value)? = raw(declaration), let number = value.int { return "\(number)" }
        return text(declaration)
    }

    /// The items of a repeated or comma-separated parameter, each read by `read`; nil reports the item.
    mutating func list<Item>(
        _ declaration: ParameterDeclaration, expected: @autoclosure () -> String, _ read: (String) -> Item?
    ) -> [Item] {
        let items = items(declaration, partedByCommas: true)
        // Of words that are listed, none is empty; a list of names may be left blank, as forms do.
        if items.isEmpty, case .list(.word) = declaration.schema, case .text(let text)? = raw(declaration) {
            report("value_error", declaration, expected(), text)
        }
        return items.compactMap { text in
            guard isStorable(text, declaration) else { return nil }
            if let item = read(text) { return item }
            report("value_error", declaration, expected(), text)
            return nil
        }
    }

    /// The texts of a repeated parameter, commas included.
    mutating func texts(_ declaration: ParameterDeclaration) -> [String] {
        items(declaration, partedByCommas: false).filter { isStorable($0, declaration) }
    }

    // MARK: Where it is said

    /// Postgres knows no zero character, and nothing of ours is called so.
    private mutating func isStorable(_ text: String, _ declaration: ParameterDeclaration) -> Bool {
        guard text.utf8.count <= Self.longestText else {
            report("string_too_long", declaration, "String should have at most \(Self.longestText) bytes", text)
            return false
        }
        guard !text.utf8.contains(0) else {
            report("value_error", declaration, "String should hold no zero character", text)
            return false
        }
        return true
    }

    private func raw(_ declaration: ParameterDeclaration) -> Said? {
        switch declaration.place {
        case .path: return request.parameters[declaration.name].map(Said.text)
        case .query:
            for name in [declaration.name] + declaration.aliases {
                if let text = request.query.first(name) { return .text(text) }
            }
            return nil
        case .body:
            for name in [declaration.name] + declaration.aliases {
                if let value = body?[name], !value.isNull { return .json(value) }
            }
            return nil
        }
    }

    private mutating func items(_ declaration: ParameterDeclaration, partedByCommas: Bool) -> [String] {
        let names = [declaration.name] + declaration.aliases
        var items: [String] = []
        switch declaration.place {
        case .path: return []
        case .query:
            let query = request.query
            items = names.flatMap {
                partedByCommas ? query.list($0) : query.all($0).map(\.trimmed).filter { !$0.isEmpty }
            }
        case .body:
            guard case .json(let value)? = raw(declaration) else { return [] }
            let texts = value.elements.compactMap(\.string)
            guard value.kind == .array, texts.count == value.count else {
                report("list_type", declaration, "Input should be a list of strings", value.excerpt)
                return []
            }
            items = texts.map(\.trimmed)
        }
        guard items.count <= Self.mostItems else {
            report(
                "too_long", declaration, "List should have at most \(Self.mostItems) items", "\(items.count) items")
            return []
        }
        return items
    }
}

/// What a client said of one parameter.
private enum Said {
    case text(String)
    case json(JSONView)

    var text: String? {
        switch self {
        case .text(let text): text
        case .json(let value): value.string
        }
    }

    var integer: Int? {
        switch self {
        case .text(let text): Int(text.trimmed)
        case .json(let value): value.int
        }
    }

    var number: Double? {
        switch self {
        case .text(let text): Double(text.trimmed)
        case .json(let value): value.double
        }
    }

    var flag: Bool? {
        switch self {
        case .json(let value): return value.bool
        case .text(let text):
            switch text.trimmed.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off": return false
            default: return nil
            }
        }
    }

    var excerpt: String {
        switch self {
        case .text(let text): text
        case .json(let value): value.excerpt
        }
    }
}

extension StringProtocol {
    /// Without blanks at either end.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
