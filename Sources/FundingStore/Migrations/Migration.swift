public import Foundation

/// One numbered file of `sql/`: `0003_live.sql` is version 3, named `live`.
public struct Migration: Hashable, Sendable {
    public var version: Int
    public var name: String
    /// The file's bytes, of which the checksum is taken.
    public var bytes: [UInt8]

    /// The file's name, as messages show it.
    public var fileName: String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_\(name).sql"
    }

    /// All migrations of a folder in order.
    ///
    /// - Throws: `StoreError` if there are none, if an SQL file is not named `NNNN_name.sql`, if a number is missing or
    ///   used twice: a file that is silently left out would be worse than none.
    public static func all(in directory: URL) throws -> [Migration] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".sql") }.sorted()
        guard !names.isEmpty else { throw StoreError("\(directory.path) holds no .sql file") }
        let migrations = try names.map { try Migration(named: $0, in: directory) }
        for (place, migration) in migrations.enumerated() where migration.version != place + 1 {
            if place > 0, migrations[place - 1].version == migration.version {
                throw StoreError("\(migrations[place - 1].fileName) and \(migration.fileName) have the same number")
            }
            throw StoreError("expected migration number \(place + 1), found \(migration.fileName): a number is missing")
        }
        return migrations
    }

    private init(named fileName: String, in directory: URL) throws {
        guard let match = fileName.wholeMatch(of: /(\d{4})_([a-z0-9_]+)\.sql/), let version = Int(match.1) else {
            throw StoreError("\(fileName) is not named like a migration: expected 0001_lower_case_name.sql")
        }
        self.version = version
        name = String(match.2)
        bytes = try Array(Data(contentsOf: directory.appendingPathComponent(fileName)))
    }
}
