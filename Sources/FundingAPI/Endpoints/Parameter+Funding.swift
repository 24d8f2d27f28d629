import Foundation
import FundingCore

extension Parameter where Value == [KnownExchange] {
    /// Exchanges by id or name, in any case.
    static func exchanges(_ name: String, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(name: name, schema: .list(.text), isList: true, summary: summary)
        ) { arguments, declaration in
            let shown = arguments.shown
            return arguments.list(declaration, expected: shown.expectedExchange) { shown.exchange(named: $0) }
        }
    }
}

extension Parameter where Value == KnownExchange? {
    /// One exchange by id or name, in any case. Where it must be there and is unknown, the value is nil and the fault
    /// reported.
    static func exchange(_ name: String, default fallback: String? = nil, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(
                name: name, schema: .text, fallback: fallback.map { "\"\($0)\"" }, summary: summary)
        ) { arguments, declaration in
            // In a path something is said even by a blank.
            guard let text = arguments.text(declaration, mayBeEmpty: declaration.place == .path) else {
                return fallback.flatMap(arguments.shown.exchange)
            }
            if let match = arguments.shown.exchange(named: text) { return match }
            arguments.report("value_error", declaration, arguments.shown.expectedExchange, text)
            return nil
        }
    }
}

extension Parameter where Value == [FundingInterval] {
    /// Intervals as whole hours, `8` or `8h`, or in minutes, `30m`.
    static func intervals(_ name: String, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(name: name, schema: .list(.text), isList: true, summary: summary)
        ) { arguments, declaration in
            arguments.list(declaration, expected: "Input should be an interval such as 8, 8h or 30m") { text in
                if text.lowercased().hasSuffix("m") {
                    return Int(text.dropLast()).flatMap(FundingInterval.init(minutes:))
                }
                let hours = text.lowercased().hasSuffix("h") ? String(text.dropLast()) : text
                return Double(hours).flatMap(FundingInterval.init(hours:))
            }
        }
    }
}

extension Parameter where Value == Date? {
    /// A time as RFC 3339; a day alone is its first instant, in UTC.
    static func time(_ name: String, _ summary: String) -> Parameter {
        Parameter(ParameterDeclaration(name: name, schema: .timestamp, summary: summary)) { arguments, declaration in
            guard let text = arguments.text(declaration, mayBeEmpty: true) else { return nil }
            if let time = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00Z") ?? Timestamp.parse(text + "Z") {
                return time
            }
            arguments.report(
                "datetime_parsing", declaration, "Input should be a time such as 2026-11-22T08:00:00Z", text)
            return nil
        }
    }
}
