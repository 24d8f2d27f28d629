import ArgumentParser

/// `fundingctl alert`
struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert",
        abstract: "Tries channels and rules, and shows what was told.",
        discussion: "Rules and channels are settings: fundingctl settings describe lists what can be said of them.",
        subcommands: [AlertTest.self, AlertList.self, AlertLog.self, AlertBacktestCommand.self]
    )
}
