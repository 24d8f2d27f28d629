import ArgumentParser
import FundingStore

/// `fundingctl clear`
struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forgets all market data: contracts, rates, history, spreads, statistics, what alerts have told.",
        discussion: """
            Settings, their backups and the exchanges' fees stay. Without --yes nothing is deleted, and it is shown what would \
            be. The services have to be stopped; when they start again they fill the tables anew. Needs the owner of the \
            tables, as fundingctl migrate does.
            """
    )

    @Flag(help: "Do it.")
    var yes = false

    func run() async {
        await Database.command { pool in
            let clearing = MarketClearing(pool)
            let tables = yes ? try await clearing.run() : try await clearing.tables()
            print(TextTable.aligned(tables.map { [$0.name, "\($0.rows) rows"] }))
            print(yes ? "forgotten" : "nothing is deleted without --yes; rows are estimates")
        }
    }
}
