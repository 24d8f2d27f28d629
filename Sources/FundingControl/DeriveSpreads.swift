import ArgumentParser
import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// `fundingctl derive-spreads`
struct DeriveSpreads: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Derives the hourly history of spreads from settled payments.",
        discussion: """
            Fills the hours that no scanner observed and whose payments have changed, for all pairs at once; the scanner \
            does the same by itself for 30 days. Spreads are kept for 60 days. A role that may write them is needed, such as funding_admin.
            """
    )

    @Option(help: "How many days back.")
    var days = 30

    @Option(help: "Percent a year: smaller spreads are left out.")
    var floor = SpreadPolicy().carryFloorAPR

    @Flag(help: "Derive the other hours that no scanner observed as well, as with another floor.")
    var again = false

    func validate() throws {
        guard (1...SpreadHistoryStore.keptDays).contains(days) else {
            throw ValidationError("--days: expected 1 to \(SpreadHistoryStore.keptDays), found \(days).")
        }
        guard floor >= 0 else { throw ValidationError("--floor: expected a percentage, found \(floor).") }
    }

    func run() async {
        await Database.command { pool in
            let history = SpreadHistoryStore(pool)
            let now = Date.now
            let first = now.addingTimeInterval(-Double(days) * 86_400)
            try await history.maintainPartitions(from: first, to: now)
            for gap in try await history.gaps(from: first, to: now, again: again) {
                let rows = try await history.derive(gap, floorAPR: floor)
                print(
                    "\(Timestamp.text(gap.lowerBound)) to \(Timestamp.text(gap.upperBound)): \(rows) hours of pairs"
                )
            }
            try await history.refreshStatistics()
        }
    }
}
