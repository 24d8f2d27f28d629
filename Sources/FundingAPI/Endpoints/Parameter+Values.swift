extension Parameter where Value == Int {
    static func integer(
        _ name: String, in bounds: ClosedRange<Int>, default fallback: Int, _ summary: String
    ) -> Parameter {
        Parameter(
            ParameterDeclaration(
                name: name, schema: .integer(least: bounds.lowerBound, most: bounds.upperBound),
                fallback: "\(fallback)", summary: summary)
        ) { arguments, declaration in arguments.integer(declaration, in: bounds) ?? fallback }
    }
}

extension Parameter where Value == Int? {
    static func integer(_ name: String, in bounds: ClosedRange<Int>, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(
                name: name, schema: .integer(least: bounds.lowerBound, most: bounds.upperBound), summary: summary)
        ) { arguments, declaration in arguments.integer(declaration, in: bounds) }
    }
}

extension Parameter where Value == Double? {
    static func number(_ name: String, _ summary: String) -> Parameter {
        Parameter(ParameterDeclaration(name: name, schema: .number, summary: summary)) { arguments, declaration in
            arguments.number(declaration)
        }
    }
}

extension Parameter where Value == Double? {
    /// A number within bounds.
    static func number(_ name: String, in bounds: ClosedRange<Double>, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(
                name: name, schema: .number,
                summary: "\(summary) From \(bounds.lowerBound) to \(bounds.upperBound).")
        ) { arguments, declaration in arguments.number(declaration, in: bounds) }
    }
}

extension Parameter where Value == Double {
    static func number(
        _ name: String, in bounds: ClosedRange<Double>, default fallback: Double, _ summary: String
    ) -> Parameter {
        Parameter(
            ParameterDeclaration(
                name: name, schema: .number, fallback: "\(fallback)",
                summary: "\(summary) From \(bounds.lowerBound) to \(bounds.upperBound).")
        ) { arguments, declaration in arguments.number(declaration, in: bounds) ?? fallback }
    }
}

extension Parameter where Value == Bool {
    static func flag(_ name: String, default fallback: Bool = false, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(name: name, schema: .flag, fallback: "\(fallback)", summary: summary)
        ) { arguments, declaration in arguments.flag(declaration) ?? fallback }
    }
}

extension Parameter where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static func choice(_ name: String, default fallback: Value, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(
                name: name, schema: .words(Value.self), fallback: "\"\(fallback.rawValue)\"", summary: summary)
        ) { arguments, declaration in arguments.choice(declaration) ?? fallback }
    }
}

extension Parameter {
    /// Some of a few words; all if none is named.
    static func choices<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ summary: String
    ) -> Parameter where Value == [Word] {
        let words = Word.allCases.map(\.rawValue)
        return Parameter(
            ParameterDeclaration(name: name, schema: .list(.word(words)), isList: true, summary: summary)
        ) { arguments, declaration in
            arguments.list(declaration, expected: "Input should be one of \(words.joined(separator: ", "))") {
                Word(rawValue: $0.lowercased())
            }
        }
    }
}

// MARK: Texts

extension Parameter where Value == String? {
    /// A text without blanks at its ends; nil if nothing is said.
    static func text(_ name: String, _ summary: String) -> Parameter {
        Parameter(ParameterDeclaration(name: name, schema: .text, summary: summary)) { arguments, declaration in
            arguments.text(declaration)
        }
    }

    /// A text, which in a body may also be a whole number.
    static func textOrNumber(_ name: String, _ summary: String) -> Parameter {
        Parameter(ParameterDeclaration(name: name, schema: .either([.text, .count]), summary: summary)) {
            arguments, declaration in
            arguments.textOrNumber(declaration)
        }
    }

    /// A text in capitals.
    static func search(_ name: String, _ summary: String) -> Parameter {
        Parameter(ParameterDeclaration(name: name, schema: .text, summary: summary)) { arguments, declaration in
            arguments.text(declaration)?.uppercased()
        }
    }
}

extension Parameter where Value == String {
    /// An asset in the path, in capitals.
    static var asset: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "asset", place: .path, schema: .text, isRequired: true,
                summary: "A base asset, in any case; of one kind as the grid names it, `HOOD (stock)`.")
        ) { arguments, declaration in arguments.text(declaration)?.uppercased() ?? "" }
    }

    /// A symbol in the path: greedy, as symbols may hold slashes.
    static var symbol: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "symbol", place: .path, schema: .text, isRequired: true,
                summary: "The exchange's own spelling, unaltered; it may hold `/`.")
        ) { arguments, declaration in arguments.text(declaration) ?? "" }
    }
}

extension Parameter where Value == [String] {
    /// Assets in capitals.
    static func assets(_ name: String, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(name: name, schema: .list(.text), isList: true, summary: summary)
        ) { arguments, declaration in
            arguments.list(declaration, expected: "Input should be an asset") { $0.uppercased() }
        }
    }

    /// Symbols as they are. They may hold commas, so that each needs a parameter of its own.
    static func symbols(_ name: String, _ summary: String) -> Parameter {
        Parameter(
            ParameterDeclaration(name: name, schema: .list(.text), isList: true, summary: summary)
        ) { arguments, declaration in arguments.texts(declaration) }
    }
}
