import Foundation
import FundingCore
import FundingJSON

/// How adapters read fields. An exchange may send a number as a number or as a string; absent, `null` and `""` all mean
/// that there is none; anything else that is no finite decimal number is malformed and refuses the row.
extension JSONView {
    /// A number that may be missing; 0 is a value.
    func number(_ field: String) throws(Rejection) -> Double? {
        guard let value = self[field], !value.isNull, !value.isString("") else { return nil }
        guard let number = value.decimal else {
            throw Rejection("\(field): expected a finite number, found \(value.excerpt)")
        }
        // -0 is written by some and means 0.
        return number == 0 ? 0 : number
    }

    /// A number that must be there.
    func requiredNumber(_ field: String) throws(Rejection) -> Double {
        guard let number = try number(field) else { throw Rejection("\(field) is missing") }
        return number
    }

    /// A number for which 0 stands in for "nothing", as with an index price that is not computed.
    func nonZero(_ field: String) throws(Rejection) -> Double? {
        let number = try number(field)
        return number == 0 ? nil : number
    }

    /// A price that may be missing; what is traded costs more than 0, so 0 is a fault and no stand-in.
    func price(_ field: String) throws(Rejection) -> Double? {
        guard let price = try number(field) else { return nil }
        guard price > 0 else {
            throw Rejection("\(field): expected a price above 0, found \(self[field]?.excerpt ?? "")")
        }
        return price
    }

    /// A non-empty text that must be there.
    func text(_ field: String) throws(Rejection) -> String {
        guard let text = self[field]?.string, !text.isEmpty else {
            throw Rejection("\(field): expected a text, found \(self[field]?.excerpt ?? "nothing")")
        }
        return text
    }

    /// The elements of an array that must be there, at `field` or the value itself.
    func rows(_ field: String? = nil) throws(Rejection) -> JSONElements {
        let value = field == nil ? self : self[field ?? ""]
        guard let value, value.kind == .array else {
            throw Rejection("\(field ?? "body"): expected an array, found \(value?.excerpt ?? "nothing")")
        }
        return value.elements
    }

    /// Milliseconds since 1970; absent, `""` and 0 mean that there is no such time.
    func milliseconds(_ field: String) throws(Rejection) -> Date? {
        guard let milliseconds = try nonZero(field) else { return nil }
        guard (0..<Self.year3001).contains(milliseconds) else {
            throw Rejection("\(field): expected milliseconds since 1970, found \(self[field]?.excerpt ?? "")")
        }
        return Date(timeIntervalSince1970: milliseconds / 1000)
    }

    /// Exchanges that must name an end for what has none go as far as the year 3000.
    private static var year3001: Double { 32_535_216_000_000 }

    /// An interval that must be there and known, given in hours.
    func intervalHours(_ field: String) throws(Rejection) -> FundingInterval {
        guard let interval = FundingInterval(hours: try requiredNumber(field)) else {
            throw Rejection("\(field): no known funding interval: \(self[field]?.excerpt ?? "")")
        }
        return interval
    }
}
