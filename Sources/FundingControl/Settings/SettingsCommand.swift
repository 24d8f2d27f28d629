import ArgumentParser

/// `fundingctl settings`
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Shows and changes what operators decide while the suite runs.",
        discussion: """
            The settings are one JSON document in Postgres, under a revision. Whatever replaces it is checked first, and \
            the old one is kept. With REDIS_URL the running processes hear of a change at once, without it within seconds.
            """,
        subcommands: [
            SettingsGet.self, SettingsSet.self, SettingsPatchCommand.self, ValidateConfig.self, SettingsDescribe.self,
            SettingsBackups.self, SettingsRestore.self, SettingsReset.self, SettingsExport.self, SettingsImport.self,
        ]
    )
}
