import Foundation
import FundingCore
import FundingStore
import PostgresDriver

/// One psql session that is fed scripts and waited for.
final class Psql {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ url: String) async throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try run("\(SnapshotStore.pollRows);\nCREATE TEMPORARY TABLE last_rows AS SELECT * FROM poll_rows;\n")
    }

    func run(_ script: PsqlScript) throws {
        try script.data.write(to: script.file)
        defer { unlink(script.file.path) }
        try run(script.text)
    }

    /// Copies rows in the binary form into a table.
    func copy(_ bytes: Data, into table: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("funding-bench-\(getpid()).rows")
        try bytes.write(to: file)
        defer { unlink(file.path) }
        try run("\\copy \(table) FROM '\(file.path)' (FORMAT binary)\n")
    }

    /// Reads a query's rows in the binary form and drops them.
    func read(_ query: String) throws { try run("\\copy (\(query)) TO '/dev/null' (FORMAT binary)\n") }

    private func run(_ script: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((script + "\\echo finished\n").utf8))
        var said = ""
        while !said.hasSuffix("finished\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { fatalError("psql ended: \(said.suffix(200))") }
            said += String(decoding: data, as: UTF8.self)
        }
    }

    func close() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }
}

/// The statements of one poll as psql runs them: the same copy, the same merges, one transaction.
struct PsqlScript {
    let text: String
    let data: Data
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("funding-bench-\(getpid()).copy")

    init(_ batch: SnapshotBatch, sequence: Int) {
        // The store has just written these very rows: here they get other values, so that psql changes every row too.
        var changed = batch
        for place in changed.snapshots.indices {
            changed.snapshots[place].markPrice = changed.snapshots[place].markPrice.map { $0 * 1.5 }
            changed.snapshots[place].fundingRate *= 0.5
        }
        data = Data(changed.copyRows().fileBytes)
        let statements = SnapshotStore.merges(changed, sequence).map { $0.literal + ";" }
        text = """
            BEGIN;
            \\copy poll_rows FROM '\(file.path)' (FORMAT binary)
            \\o /dev/null
            \(statements.joined(separator: "\n"))
            \\o
            COMMIT;

            """
    }
}

extension PostgresQuery {
    /// The statement with its values written into it, for a tool that cannot bind.
    var literal: String {
        var text = ""
        var rest = sql[...]
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let digits = rest.prefix(while: \.isNumber)
            guard let number = Int(digits) else {
                text += "$"
                continue
            }
            rest = rest[digits.endIndex...]
            text += parameters[number - 1].literal
        }
        return text + rest
    }
}

extension PostgresParameter {
    /// The value as SQL text; only the types that the statements of a poll use.
    fileprivate var literal: String {
        guard let bytes else { return "NULL" }
        switch type {
        case .unspecified: return Self.quoted(String(decoding: bytes, as: UTF8.self))
        case .bool: return bytes == [1] ? "true" : "false"
        case .int8: return "\(Self.number(bytes))::bigint"
        case .float8: return "'\(Double(bitPattern: UInt64(bitPattern: Self.number(bytes))))'::float8"
        case .timestamptz: return "('2000-01-01Z'::timestamptz + \(Self.number(bytes)) * interval '1 microsecond')"
        // The bench's polls have no rejects.
        default: return "'{}'::text[]"
        }
    }

    private static func number(_ bytes: [UInt8]) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
