import ArgumentParser
import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// `fundingctl check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what of the settled payments is missing.",
        discussion: """
            A payment is expected where the contract's interval of that time says so, from its listing to now less the \
            quarter of an hour that exchanges take to publish. Ends with 1 if an exchange has less than --require asks.
            """
    )

    @Option(help: "How many days back, from midnight UTC on.")
    var days = 30

    @Option(help: "Only these exchanges, separated by commas.")
    var exchanges: String?

    @Option(help: "Only these symbols, separated by commas.")
    var symbols: String?

    @Option(help: "How many of the contracts that lack most are named.")
    var worst = 10

    @Option(help: "The least percentage that each exchange must have.")
    var require: Double?

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    func validate() throws {
        guard (1...3660).contains(days) else { throw ValidationError("--days: expected 1 to 3660, found \(days).") }
        guard worst >= 0 else { throw ValidationError("--worst: expected a number of contracts, found \(worst).") }
        if let require, !(0...100).contains(require) {
            throw ValidationError("--require: expected a percentage, found \(require).")
        }
    }

    func run() async {
        await Database.command { pool in
            let store = HistoryStore(pool)
            let now = Date.now
            let midnight = (now.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
            let window = Date(timeIntervalSince1970: midnight - Double(days) * 86_400)...now
            let exchanges = exchanges?.commaSeparated
            let contracts = try await store.contracts(feeds: nil, symbols: symbols?.commaSeparated)
                .filter { exchanges?.contains($0.contract.exchange.rawValue) ?? true }
            let account = CheckAccount(try await store.check(contracts, during: window, now: now), worst: worst)
            print(json ? account.json(during: window) : account.table)
            let lacking = account.exchanges.filter { $0.completeness < require ?? 0 }
            guard lacking.isEmpty else { throw CheckFailed(exchanges: lacking.map(\.name), required: require ?? 0) }
        }
    }
}

/// Some exchanges have less history than was asked for.
struct CheckFailed: Error, CustomStringConvertible {
    var exchanges: [String]
    var required: Double

    var description: String { "less than \(required) % is there of \(exchanges.joined(separator: ", "))" }
}

extension String {
    /// The parts of a list as it is given on a command line.
    var commaSeparated: [String] {
        split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
