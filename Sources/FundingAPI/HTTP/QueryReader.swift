import FundingCore
import WebServer

/// Reads query parameters and collects what is wrong with them, so that a client learns of every fault at once.
/// Parameters that nobody asks for are ignored.
struct QueryReader {
    private let query: WebQuery
    private var issues: [ValidationError.Issue] = []

    /// The longest text a parameter may have.
    private static let longestText = 200
    /// The most items of one list.
    private static let mostItems = 200

    init(_ query: WebQuery) {
        self.query = query
    }

    /// Throws all faults met so far.
    func finish() throws(ValidationError) {
        guard issues.isEmpty else { throw ValidationError(issues: issues) }
    }

    mutating func integer(_ name: String, in bounds: ClosedRange<Int>) -> Int? {
        guard let text = query.first(name) else { return nil }
        guard let number = Int(text.trimmed) else {
            report("int_parsing", name, "Input should be a valid integer", text)
            return nil
        }
        guard bounds.contains(number) else {
            let isLow = number < bounds.lowerBound
            let bound = isLow ? bounds.lowerBound : bounds.upperBound
            report(
                isLow ? "greater_than_equal" : "less_than_equal", name,
                "Input should be \(isLow ? "greater" : "less") than or equal to \(bound)", text
            )
            return nil
        }
        return number
    }

    mutating func number(_ name: String) -> Double? {
        guard let text = query.first(name) else { return nil }
        guard let number = Double(text.trimmed), number.isFinite else {
            report("float_parsing", name, "Input should be a valid finite number", text)
            return nil
        }
        return number
    }

    mutating func flag(_ name: String) -> Bool {
        guard let text = query.first(name) else { return false }
        switch text.trimmed.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            report("bool_parsing", name, "Input should be a valid boolean", text)
            return false
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        guard let text = query.first(name) else { return fallback }
        guard let choice = Choice(rawValue: text.trimmed.lowercased()) else {
            report("enum", name, "Input should be one of \(Self.listed(Choice.allCases.map(\.rawValue)))", text)
            return fallback
        }
        return choice
    }

    /// The items of a repeated or comma-separated parameter, each read by `read`; nil reports the item.
    mutating func list<Item>(_ names: String..., expected: String, _ read: (String) -> Item?) -> [Item] {
        var items: [Item] = []
        for name in names {
            let texts = query.list(name)
            if texts.count > Self.mostItems {
                report("too_long", name, "List should have at most \(Self.mostItems) items", "\(texts.count) items")
                continue
            }
            for text in texts {
                if let item = read(text) { items.append(item) } else { report("value_error", name, expected, text) }
            }
        }
        return items
    }

    /// A text in capitals; nil if nothing is said.
    mutating func search(_ name: String) -> String? {
        guard let text = query.first(name)?.trimmed, !text.isEmpty else { return nil }
        guard text.utf8.count <= Self.longestText else {
            report("string_too_long", name, "String should have at most \(Self.longestText) bytes", text)
            return nil
        }
        return text.uppercased()
    }

    /// Exchanges by id or name, in any case.
    mutating func exchanges(_ names: String..., in market: MarketState) -> [(id: ExchangeID, name: String)] {
        let known = market.exchanges
        let ids = Self.listed(known.map(\.id.rawValue).sorted())
        return names.flatMap { name in
            list(name, expected: "Unknown exchange; valid ids are \(ids)") { text in
                let wanted = text.lowercased()
                return known.first { $0.id.rawValue == wanted || $0.name.lowercased() == wanted }
            }
        }
    }

    /// Intervals as whole hours, `8` or `8h`, or in minutes, `30m`.
    mutating func intervals(_ name: String) -> [FundingInterval] {
        list(name, expected: "Input should be an interval such as 8, 8h or 30m") { text in
            if text.lowercased().hasSuffix("m") { return Int(text.dropLast()).flatMap(FundingInterval.init(minutes:)) }
            let hours = text.lowercased().hasSuffix("h") ? String(text.dropLast()) : text
            return Double(hours).flatMap(FundingInterval.init(hours:))
        }
    }

    mutating func report(_ type: String, _ name: String, _ message: String, _ input: String) {
        issues.append(
            ValidationError.Issue(
                type: type, parameter: name, message: message, input: String(input.prefix(Self.longestText)))
        )
    }

    static func listed(_ words: [String]) -> String { words.joined(separator: ", ") }
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
