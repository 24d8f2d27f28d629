import Foundation
import FundingRuntime
import FundingStore

/// A file of one kind; `-` is standard input or output.
struct TransferFile: Sendable {
    var kind: TransferKind
    var path: String

    var isStandard: Bool { path == "-" }

    /// Bytes read at a time.
    private static let portion = 256 << 10

    /// The given files, contracts first: the others refer to them.
    static func list(contracts: String?, live: String?, history: String?) -> [TransferFile] {
        [(TransferKind.contracts, contracts), (.live, live), (.history, history)].compactMap { kind, path in
            path.map { TransferFile(kind: kind, path: $0) }
        }
    }

    /// Lends a reader of the file's next bytes. It blocks a thread of the cooperative pool, which nothing else in this
    /// process needs meanwhile: Postgres has its own.
    func withReader<T>(_ body: (_ next: () throws -> [UInt8]?) async throws -> T) async throws -> T {
        let handle = try isStandard ? FileHandle.standardInput : FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        let result = try await body {
            guard let data = try handle.read(upToCount: Self.portion), !data.isEmpty else { return nil }
            return Array(data)
        }
        try handle.close()
        return result
    }

    /// Lends a writer. The file gets its name when it is complete, so that none is ever taken for whole that is not.
    func withWriter(_ body: (_ write: @escaping @Sendable ([UInt8]) throws -> Void) async throws -> Void) async throws {
        guard !isStandard else {
            return try await body { try FileHandle.standardOutput.write(contentsOf: Data($0)) }
        }
        let draft = path + ".part"
        guard FileManager.default.createFile(atPath: draft, contents: nil),
            let handle = FileHandle(forWritingAtPath: draft)
        else { throw FileFault(description: "cannot write \(draft)") }
        do {
            try await body { try handle.write(contentsOf: Data($0)) }
            try handle.synchronize()
            try handle.close()
        } catch {
            try FileManager.default.removeItem(atPath: draft)
            throw error
        }
        guard rename(draft, path) == 0 else {
            throw FileFault(description: "cannot rename \(draft) to \(path)")
        }
    }
}

/// An error with the file it is about.
struct FileFault: Error, CustomStringConvertible {
    var description: String
}
