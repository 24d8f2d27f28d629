import ArgumentParser
import Foundation
import FundingRuntime
import FundingStore

/// `fundingctl status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells how the suite fares, and what is wrong with it.",
        discussion: """
            Everything comes from the database: which services are alive, how the feeds and their streams fare, how far \
            history is filled, when pairs were last written. Ends with 1 if something is wrong. What the API does it tells \
            itself, at /ready and /api/health.
            """
    )

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    func run() async {
        await Database.command { pool in
            let facts = try await SuiteFacts(reading: pool)
            print(json ? facts.json : facts.table)
            let troubles = facts.troubles
            guard troubles.isEmpty else { throw SuiteTroubled(count: troubles.count) }
        }
    }
}

/// The suite runs, but not as it should.
struct SuiteTroubled: Error, CustomStringConvertible {
    var count: Int

    var description: String { count == 1 ? "one thing is wrong" : "\(count) things are wrong" }
}
