import ArgumentParser
import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import PostgresDriver

/// `fundingctl export`
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes contracts, live rates and history as CSV.",
        discussion: """
            All files of one call show the same moment. Numbers are written in full, times as RFC 3339 in UTC, unknown \
            values as empty fields. "-" is standard output.
            """
    )

    @Option(help: "The file to write contracts to.")
    var contracts: String?

    @Option(help: "The file to write live rates to.")
    var live: String?

    @Option(help: "The file to write settled payments to.")
    var history: String?

    @Option(help: "Only these exchanges, separated by commas.")
    var exchanges: String?

    @Option(help: "Only history from this time on, such as 2026-11-01T00:00:00Z.")
    var from: String?

    @Option(help: "Only history before this time.")
    var to: String?

    func validate() throws {
        let files = [contracts, live, history].compactMap { $0 }
        guard !files.isEmpty else { throw ValidationError("Give at least one of --contracts, --live and --history.") }
        guard files.count == Set(files).count else { throw ValidationError("Each kind needs a file of its own.") }
        for (name, text) in [("--from", from), ("--to", to)] {
            if let text, Timestamp.parse(text) == nil {
                throw ValidationError("\(name): expected a time such as 2026-11-01T00:00:00Z, found \(text).")
            }
        }
    }

    func run() async {
        let files = TransferFile.list(contracts: contracts, live: live, history: history)
        let export = TransferExport(
            exchanges: exchanges?.commaSeparated, from: from.flatMap(Timestamp.parse), to: to.flatMap(Timestamp.parse)
        )
        await Database.command { pool in
            try await pool.withTransaction(isolation: .readOnlySnapshot) { connection in
                for file in files {
                    try await file.withWriter { try await export.write(file.kind, connection, to: $0) }
                    ServiceProcess.complain("fundingctl: \(file.kind) written to \(file.path)")
                }
            }
        }
    }
}
