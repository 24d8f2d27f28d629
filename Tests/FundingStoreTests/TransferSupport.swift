import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport

/// What an import said and did.
struct ImportOutcome {
    var report: TransferReport
    var rejects: [TransferReject]
}

extension TemporaryDatabase {
    /// Imports as an operator would. The file comes in small pieces, to be split where it hurts.
    func importing(
        _ text: String, as kind: TransferKind, isStrict: Bool = false, piece: Int = 7
    ) async throws -> ImportOutcome {
        let rejects = Collected<TransferReject>()
        var report = TransferReport()
        try await withPool(as: "funding_admin", size: 1) { pool in
            try await pool.withConnection { connection in
                var rest = Array(text.utf8)[...]
                let reading = TransferImport(isStrict: isStrict) { rejects.append($0) }
                report = try await reading.read(kind, connection) {
                    guard !rest.isEmpty else { return nil }
                    defer { rest = rest.dropFirst(piece) }
                    return Array(rest.prefix(piece))
                }
            }
        }
        return ImportOutcome(report: report, rejects: rejects.elements)
    }

    func exported(_ kind: TransferKind, _ export: TransferExport = TransferExport()) async throws -> String {
        let bytes = Collected<UInt8>()
        try await withPool(as: "funding_admin", size: 1) { pool in
            try await pool.withTransaction(isolation: .readOnlySnapshot) { connection in
                try await export.write(kind, connection) { bytes.append(contentsOf: $0) }
            }
        }
        return String(decoding: bytes.elements, as: UTF8.self)
    }
}

extension TransferKind {
    var header: String { columns.joined(separator: ",") }
}

extension TransferReport {
    init(rows: Int, inserted: Int = 0, updated: Int = 0, unchanged: Int = 0, rejected: Int = 0) {
        self.init()
        self.rows = rows
        self.inserted = inserted
        self.updated = updated
        self.unchanged = unchanged
        self.rejected = rejected
    }
}
