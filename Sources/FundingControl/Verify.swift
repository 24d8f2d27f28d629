import ArgumentParser
import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// `fundingctl verify`
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares the settled payments with their certificates.",
        discussion: """
            The backfiller certifies each contract's day once it is over. A payment that was changed, added or deleted \
            by anything else since then is found here. Ends with 1 if there is one.
            """
    )

    @Option(help: "Only the last days; all if not given.")
    var days: Int?

    @Option(help: "Only these exchanges, separated by commas.")
    var exchanges: String?

    @Option(help: "Only these symbols, separated by commas.")
    var symbols: String?

    func validate() throws {
        if let days, days < 1 { throw ValidationError("--days: expected a number of days, found \(days).") }
    }

    func run() async {
        await Database.command { pool in
            let (certificates, mismatches) = try await HistoryStore(pool).verify(
                exchanges: exchanges?.commaSeparated, symbols: symbols?.commaSeparated,
                from: days.map { Date.now.addingTimeInterval(-86_400 * Double($0)) })
            for mismatch in mismatches {
                print(
                    """
                    \(mismatch.exchange) \(mismatch.symbol) \(Timestamp.text(mismatch.day).prefix(10)): \
                    \(mismatch.certified) payments were certified, \(mismatch.found) are there\
                    \(mismatch.certified == mismatch.found ? ", not the same" : "")
                    """)
            }
            print("\(certificates) certificates, \(mismatches.count) do not fit")
            guard mismatches.isEmpty else { throw VerificationFailed(mismatches: mismatches.count) }
        }
    }
}

/// The payments are not what was certified.
struct VerificationFailed: Error, CustomStringConvertible {
    var mismatches: Int

    var description: String { "the payments of \(mismatches) days are not those that were certified" }
}
