import ArgumentParser
import Foundation
import FundingRuntime
import FundingStore

/// `fundingctl migrate`
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the database's schema up to date.",
        discussion: "The role of DATABASE_URL must own the database and be allowed to create roles."
    )

    @Option(help: "The folder with the numbered SQL files; FUNDING_SQL_DIR, ./sql or the installed one if not given.")
    var directory: String?

    @Flag(help: "Say what would be applied and change nothing.")
    var dryRun = false

    func run() async {
        await ServiceProcess.main("fundingctl") {
            var environment = Environment()
            let database = Database.configuration(&environment)
            let migrations = migrations(&environment)
            try environment.finish()
            guard let database, let migrations else { return }
            let migrator = Migrator(database)
            if dryRun {
                for migration in try await migrator.pending(migrations) { print("would apply \(migration.fileName)") }
            } else {
                let applied = try await migrator.run(migrations) { migration in
                    ServiceProcess.complain("fundingctl: applied \(migration.fileName)")
                }
                print("schema \(migrations.count), \(applied.count) applied")
            }
        }
    }

    private func migrations(_ environment: inout Environment) -> [Migration]? {
        let folder = directory ?? environment.text("FUNDING_SQL_DIR") ?? Self.defaultFolder
        let origin = directory != nil ? "--directory" : "FUNDING_SQL_DIR"
        do {
            return try Migration.all(in: URL(fileURLWithPath: folder, isDirectory: true))
        } catch let error as StoreError {
            environment.report(origin, error.description)
        } catch {
            environment.report(origin, "cannot read the folder \(folder)")
        }
        return nil
    }

    /// The checkout's folder, or what is installed beside the executable.
    private static var defaultFolder: String {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: "sql", isDirectory: &isDirectory), isDirectory.boolValue {
            return "sql"
        }
        let executable = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return executable.resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("../share/funding-suite/sql").standardizedFileURL.path
    }
}
