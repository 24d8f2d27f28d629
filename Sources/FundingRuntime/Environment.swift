public import Foundation
public import FundingCore

/// One thing that is wrong with how the process was configured.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    public var name: String
    public var message: String

    public init(_ name: String, _ message: String) {
        self.name = name
        self.message = message
    }

    public var description: String { "\(name): \(message)" }
}

/// All that is wrong with how the process was configured. The process ends with status 78.
public struct ConfigurationError: ConfigurationFault, Sendable, CustomStringConvertible {
    public var problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// The process's environment: connections and secrets, nothing else. Read once at start; a `.env` file in the working
/// directory fills in what the environment does not say.
///
/// Reading collects problems instead of stopping at the first, so that a user sees every fault at once: `finish()`
/// throws them together.
public struct Environment {
    private let values: [String: String]
    private var problems: [ConfigurationProblem] = []

    public init(
        _ environment: [String: String] = ProcessInfo.processInfo.environment,
        file: URL? = URL(fileURLWithPath: ".env")
    ) {
        var values: [String: String] = [:]
        if let file, FileManager.default.fileExists(atPath: file.path) {
            do {
                values = try DotEnvFile.parse(String(contentsOf: file, encoding: .utf8))
            } catch {
                problems.append(ConfigurationProblem(file.path, "\(error)"))
            }
        }
        self.values = values.merging(environment) { $1 }
    }

    /// A text; set but empty counts as not set.
    public func text(_ name: String) -> String? {
        guard let value = values[name]?.trimmingCharacters(in: .whitespaces), !value.isEmpty else { return nil }
        return value
    }

    /// All texts that are set under names with this beginning.
    public func texts(withPrefix prefix: String) -> [String: String] {
        let names = values.keys.filter { $0.hasPrefix(prefix) }
        return Dictionary(uniqueKeysWithValues: names.compactMap { name in text(name).map { (name, $0) } })
    }

    /// A whole number within bounds, or `fallback` if nothing is said.
    public mutating func integer(_ name: String, in bounds: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let text = text(name) else { return fallback }
        guard let number = Int(text), bounds.contains(number) else {
            report(name, "expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound), found \(text)")
            return fallback
        }
        return number
    }

    /// A number within bounds, or `fallback` if nothing is said.
    public mutating func number(_ name: String, in bounds: ClosedRange<Double>, default fallback: Double) -> Double {
        guard let text = text(name) else { return fallback }
        guard let number = Double(text), bounds.contains(number) else {
            report(name, "expected a number from \(bounds.lowerBound) to \(bounds.upperBound), found \(text)")
            return fallback
        }
        return number
    }

    /// One of a few words, or `fallback` if nothing is said.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) -> Choice where Choice.RawValue == String {
        guard let text = text(name) else { return fallback }
        guard let choice = Choice(rawValue: text.lowercased()) else {
            report(name, "expected one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")), found \(text)")
            return fallback
        }
        return choice
    }

    /// What `make` builds of a text that must be there; its error is reported under the variable's name.
    public mutating func value<Value>(_ name: String, default fallback: String? = nil, _ make: (String) throws -> Value)
        -> Value?
    {
        guard let text = text(name) ?? fallback else {
            report(name, "is not set")
            return nil
        }
        do {
            return try make(text)
        } catch {
            report(name, "\(error)")
            return nil
        }
    }

    /// An http or ws address without a query, or nil if nothing is said.
    public mutating func address(_ name: String, schemes: [String] = ["http", "https"]) -> String? {
        guard let text = text(name) else { return nil }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme,
            schemes.contains(scheme), parts.host?.isEmpty == false, parts.query == nil
        else {
            report(name, "expected an address such as \(schemes[0])://127.0.0.1:9000/name, found \(text)")
            return nil
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    public mutating func report(_ name: String, _ message: String) {
        problems.append(ConfigurationProblem(name, message))
    }

    /// Throws all problems met so far.
    public func finish() throws(ConfigurationError) {
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }
}

/// `NAME=value` lines; `#` begins a comment line; quotes around a value are dropped.
enum DotEnvFile {
    struct Malformed: Error, CustomStringConvertible {
        var line: Int

        var description: String { "line \(line): expected NAME=value" }
    }

    static func parse(_ text: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let split = line.firstIndex(of: "="), split != line.startIndex else {
                throw Malformed(line: number + 1)
            }
            var value = line[line.index(after: split)...].trimmingCharacters(in: .whitespaces)
            for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = String(value.dropFirst().dropLast())
            }
            values[line[..<split].trimmingCharacters(in: .whitespaces)] = value
        }
        return values
    }
}
