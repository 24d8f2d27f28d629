import ArgumentParser
import Foundation
import FundingCore
import FundingStore
import PostgresDriver

/// `fundingctl top`
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows how the suite fares and the widest pairs, again and again.",
        discussion: "What fundingctl status tells once, until Ctrl-C. A database that goes away is waited for."
    )

    @Option(help: "Seconds between two looks.")
    var interval = 2

    @Option(help: "How many pairs.")
    var pairs = 10

    @Option(help: "End after so many looks.")
    var looks: Int?

    func validate() throws {
        guard (1...3600).contains(interval) else {
            throw ValidationError("--interval: expected 1 to 3600 seconds, found \(interval).")
        }
        guard (0...500).contains(pairs) else {
            throw ValidationError("--pairs: expected 0 to 500, found \(pairs).")
        }
        if let looks, looks < 1 { throw ValidationError("--looks: expected a number of looks, found \(looks).") }
    }

    func run() async {
        await Database.command { pool in
            var left = looks ?? .max
            while left > 0 {
                show(await look(pool))
                left -= 1
                if left > 0 { try await Task.sleep(for: .seconds(interval)) }
            }
        }
    }

    private func look(_ pool: PostgresPool) async -> String {
        do {
            let facts = try await SuiteFacts(reading: pool)
            let widest = try await OpportunityReader(pool).widest(pairs)
            let rest = widest.isEmpty ? "" : "\n\n" + WidestPairs(widest, at: facts.now).table
            return "\(Timestamp.text(facts.now)), every \(interval) s\n\n\(facts.table)\(rest)"
        } catch {
            return "\(Timestamp.text(Date())), the database is out of reach: \(error)"
        }
    }

    /// On a terminal each look takes the place of the last one; elsewhere they follow each other.
    private func show(_ text: String) {
        let clearing = "\u{1B}[H\u{1B}[2J"
        let isTerminal = isatty(STDOUT_FILENO) == 1
        FileHandle.standardOutput.write(Data((isTerminal ? clearing + text + "\n" : text + "\n\n").utf8))
    }
}

/// A few pairs, the widest first.
struct WidestPairs {
    private let pairs: [ListedOpportunity]
    private let now: Date

    init(_ pairs: [ListedOpportunity], at now: Date) {
        self.pairs = pairs
        self.now = now
    }

    var table: String {
        let rows = pairs.map { pair in
            let (long, short) = (pair.spread.long, pair.spread.short)
            return [
                pair.spread.asset, "\(long.exchange) \(long.symbol)", "\(short.exchange) \(short.symbol)",
                percent(pair.aprSpread), pair.opportunity.worth.netAPR.map(percent) ?? "unknown",
                AgeText.text(now.timeIntervalSince(pair.since)),
            ]
        }
        return "widest pairs\n"
            + TextTable.aligned([["asset", "long", "short", "APR spread", "net APR", "pays since"]] + rows)
    }

    private func percent(_ value: Double) -> String { String(format: "%.2f %%", value) }
}
