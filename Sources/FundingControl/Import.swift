import ArgumentParser
import Foundation
import FundingRuntime
import FundingStore
import PostgresDriver

/// `fundingctl import`
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads contracts, live rates and history from CSV.",
        discussion: """
            The files have the columns of an export, in any order. Each is imported in one transaction; doing so again \
            changes nothing. An empty field never replaces a known value. "-" is standard input.
            """
    )

    @Option(help: "The file with contracts; read first, as the others refer to them.")
    var contracts: String?

    @Option(help: "The file with live rates.")
    var live: String?

    @Option(help: "The file with settled payments.")
    var history: String?

    @Flag(help: "Import nothing of a file if one of its rows is rejected.")
    var strict = false

    func validate() throws {
        let files = [contracts, live, history].compactMap { $0 }
        guard !files.isEmpty else { throw ValidationError("Give at least one of --contracts, --live and --history.") }
        guard files.count == Set(files).count else { throw ValidationError("Each kind needs a file of its own.") }
    }

    func run() async {
        await ServiceProcess.main("fundingctl") {
            var environment = Environment()
            let database = Database.configuration(&environment)
            let files = TransferFile.list(contracts: contracts, live: live, history: history)
            for file in files where !file.isStandard && !FileManager.default.isReadableFile(atPath: file.path) {
                environment.report("--\(file.kind)", "cannot read \(file.path)")
            }
            try environment.finish()
            guard let database else { return }
            try await Database.withPool(database) { pool in
                try await pool.withConnection { connection in
                    for file in files { print(try await Self.read(file, isStrict: strict, connection)) }
                }
            }
        }
    }

    private static func read(
        _ file: TransferFile, isStrict: Bool, _ connection: PostgresConnection
    ) async throws -> String {
        let reading = TransferImport(
            isStrict: isStrict,
            rejected: { ServiceProcess.complain("fundingctl: \(file.path): line \($0.line): \($0.reason)") },
            progressed: { ServiceProcess.complain("fundingctl: \(file.path): \($0)") }
        )
        do {
            let report = try await file.withReader { next in
                try await reading.read(file.kind, connection) { try next() }
            }
            if report.rejected > TransferImport.rejectLimit {
                ServiceProcess.complain("fundingctl: \(file.path): \(report.rejected) rows rejected in all")
            }
            return """
                \(file.kind): \(report.rows) rows, \(report.inserted) inserted, \(report.updated) updated, \
                \(report.unchanged) unchanged, \(report.rejected) rejected
                """
        } catch let error as StoreError {
            throw FileFault(description: "\(file.path): \(error)")
        } catch let error as TransferRefused {
            throw FileFault(description: "\(file.path): \(error)")
        }
    }
}
