import ArgumentParser
import FundingRuntime

/// The operator's tool.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fundingctl",
        abstract: "Looks after the suite's database.",
        discussion: "The database is named by DATABASE_URL.",
        version: ServiceProcess.version,
        subcommands: [
            Migrate.self, Doctor.self, Status.self, Top.self, Explain.self, Export.self, Import.self, Check.self,
            Verify.self, Clear.self, DeriveSpreads.self, ValidateConfig.self,
            SettingsCommand.self, AlertCommand.self,
        ]
    )
}
