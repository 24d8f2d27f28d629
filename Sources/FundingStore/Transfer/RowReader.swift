import Foundation
import FundingCore

/// Why one row of a file was left out.
struct RowFault: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Reads the fields of a record by the name of their column, whatever order the file has them in.
struct RowReader {
    let columns: [String]
    /// Where in the file each of our columns stands; nil for a later column that the file does not have.
    private let positions: [Int?]
    private let width: Int

    /// - Throws: `StoreError` that names every unknown, repeated and missing column.
    init(columns: [String], header: CSVRecord) throws {
        let names = (0..<header.count).map { header[$0].map { String(decoding: $0, as: UTF8.self) } ?? "" }
        var faults: [String] = header.fault.map { [$0] } ?? []
        faults += names.filter { !columns.contains($0) }.map { "unknown column \"\($0.prefix(40))\"" }
        let missing = columns.filter { !names.contains($0) && !TransferKind.laterColumns.contains($0) }
        if !missing.isEmpty { faults.append("missing column \(missing.joined(separator: ", "))") }
        faults += columns.filter { column in names.count { $0 == column } > 1 }.map { "repeated column \($0)" }
        guard faults.isEmpty else {
            throw StoreError("line 1 is not the header of an export: \(faults.joined(separator: "; "))")
        }
        self.columns = columns
        positions = columns.map { names.firstIndex(of: $0) }
        width = names.count
    }

    func check(_ record: CSVRecord) throws(RowFault) {
        if let fault = record.fault { throw RowFault(fault) }
        guard record.count == width else { throw RowFault("expected \(width) fields, found \(record.count)") }
    }

    func bytes(_ column: Int, of record: CSVRecord) -> ArraySlice<UInt8>? {
        positions[column].flatMap { record[$0] }
    }

    func text(_ column: Int, of record: CSVRecord) throws(RowFault) -> String? {
        guard let bytes = bytes(column, of: record) else { return nil }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw RowFault("\(columns[column]) is not UTF-8 text")
        }
        return text
    }

    /// A text that says something.
    func name(_ column: Int, of record: CSVRecord) throws(RowFault) -> String {
        guard let text = try text(column, of: record), !text.isEmpty else { throw missing(column) }
        return text
    }

    func word<Word: RawRepresentable & CaseIterable>(
        _ column: Int, of record: CSVRecord, as type: Word.Type
    ) throws(RowFault) -> Word where Word.RawValue == String {
        let text = try name(column, of: record)
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw expected("one of \(words)", column, text)
        }
        return word
    }

    func truth(_ column: Int, of record: CSVRecord) throws(RowFault) -> Bool {
        switch try name(column, of: record) {
        case "true": return true
        case "false": return false
        case let text: throw expected("true or false", column, text)
        }
    }

    func count(_ column: Int, of record: CSVRecord) throws(RowFault) -> Int32 {
        let text = try name(column, of: record)
        guard let number = Int32(text), number >= 0 else { throw expected("a whole number", column, text) }
        return number
    }

    /// A finite number, read to the nearest `Double`: what was written in full comes back bit by bit.
    func number(_ column: Int, of record: CSVRecord) throws(RowFault) -> Double? {
        guard let text = try text(column, of: record) else { return nil }
        guard let number = Double(text), number.isFinite else { throw expected("a number", column, text) }
        return number
    }

    func interval(_ column: Int, of record: CSVRecord) throws(RowFault) -> FundingInterval {
        guard let hours = try number(column, of: record) else { throw missing(column) }
        guard let interval = FundingInterval(hours: hours) else {
            throw expected("hours of a funding interval", column, "\(hours)")
        }
        return interval
    }

    func time(_ column: Int, of record: CSVRecord) throws(RowFault) -> Date? {
        guard let bytes = bytes(column, of: record) else { return nil }
        guard let microseconds = TransferTime.microseconds(bytes) else {
            throw expected("a time such as 2026-11-22T08:00:00Z", column, String(decoding: bytes, as: UTF8.self))
        }
        return TransferTime.date(microseconds: microseconds)
    }

    func present<Value>(_ value: Value?, _ column: Int) throws(RowFault) -> Value {
        guard let value else { throw missing(column) }
        return value
    }

    private func missing(_ column: Int) -> RowFault { RowFault("\(columns[column]) is empty") }

    func expected(_ wanted: String, _ column: Int, _ found: String) -> RowFault {
        RowFault("\(columns[column]): expected \(wanted), found \(found.prefix(60))")
    }
}
