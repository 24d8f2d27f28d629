import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// One page of history, and whether there is more.
struct HistoryPageRead: Sendable {
    /// Newest first.
    var rows: [Settlement]
    /// Nil on the last page.
    var next: SettlementReader.Cursor?
    private let contracts: [Int: ContractKey]

    init(
        _ reader: SettlementReader, _ contracts: [ContractKey], _ window: ClosedRange<Date>,
        _ cursor: SettlementReader.Cursor?, _ limit: Int
    ) async throws {
        // One more than wanted tells whether there is more.
        rows = try await reader.page(of: contracts.map(\.id), during: window, after: cursor, limit: limit + 1)
        if rows.count > limit {
            rows.removeLast()
            next = rows.last.map { .init(fundingTime: $0.fundingTime, contractID: $0.contractID) }
        }
        self.contracts = Dictionary(contracts.map { ($0.id, $0) }) { first, _ in first }
    }

    /// - Parameter row: one of the page's.
    func contract(of row: Settlement) -> ContractKey {
        guard let contract = contracts[row.contractID] else {
            preconditionFailure("A row of a contract not asked for.")
        }
        return contract
    }

    /// Writes how many rows there are and where to go on.
    func writeFrame(to writer: inout JSONWriter) {
        writer.field("data_points", rows.count)
        writer.field("truncated", next != nil)
        writer.field("next_cursor", next?.token)
    }
}
